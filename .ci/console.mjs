// A browser drives the console: the story of a day without any script, the keyboard alone, every page on
// paper, then every page looked at by axe-core (WCAG 2.2 AA), in both languages, in light and in dark, as wide as a desk's screen and as a
// telephone. The pages are kept for the HTML checker.
// usage: node console.mjs SITE DIRECTORY DAY FILE, where node_modules holds the packages
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.cwd(), "x.js"));
const { chromium } = require("playwright-core");
const [site, kept, day, file] = process.argv.slice(2);
const [name, password] = [process.env.NAME, process.env.PASSWORD];
const axe = fs.readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
let bad = 0;
const complain = (what, fault) => {
  bad += 1;
  console.log(`${what}: ${fault}`);
};
const expect = (what, found, wanted) => {
  if (!found.includes(wanted)) complain(what, `lacks ${wanted}`);
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function signIn(page) {
  await page.goto(`${site}/sign-in`);
  await page.fill("#name", name);
  await page.fill("#password", password);
  await page.click("button[type=submit]");
}

const text = (page) => page.locator("main").innerText();

async function until(what, page, url, wanted) {
  for (let n = 0; n < 60; n += 1) {
    await page.goto(site + url);
    if ((await text(page)).includes(wanted)) return;
    await new Promise((done) => setTimeout(done, 500));
  }
  complain(what, `${wanted} never came`);
}

async function story() {
  const context = await browser.newContext({ javaScriptEnabled: false, acceptDownloads: true });
  const page = await context.newPage();
  await page.goto(`${site}/cases`);
  expect("nobody", page.url(), "sign-in");
  await signIn(page);
  await page.goto(`${site}/`);
  expect("home", await text(page), "新案");
  await until("the first reminders", page, "/outbox?state=sent", "C-2");
  // A typhoon: two cases move, and their unit is told.
  await page.goto(`${site}/calendar/day/${day}`);
  await page.fill("#reason", "颱風");
  await page.click("text=查看影響");
  const seen = await text(page);
  for (const words of ["C-1", "C-2", "勞工保險局企劃管理組"]) expect("consequences", seen, words);
  await page.click("text=確認生效");
  expect("closed", await text(page), "2 件未結案件之期限隨之變更");
  await until("the unit's message", page, "/outbox?unit=bli-planning", "期限變更");
  // A case goes to another unit.
  await page.goto(`${site}/cases/C-1`);
  await page.click("#act-reassign summary");
  await page.selectOption("#reassign-unit", "wda-planning");
  await page.fill("#reassign-reason", "業務屬該組");
  await page.click("#act-reassign button[type=submit]");
  expect("reassigned", await text(page), "勞動力發展署綜合規劃組");
  // A year that is not there yet.
  await page.goto(`${site}/calendar`);
  await page.setInputFiles("#file", file);
  await page.click("text=查看差異");
  expect("the file", await text(page), "天由推算改為公布");
  await page.click("text=確認生效");
  expect("the file", await text(page), "已生效");
  // The report as a file.
  await page.goto(`${site}/report`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=ODS")]);
  const bytes = fs.readFileSync(await download.path());
  if (bytes.subarray(0, 2).toString() !== "PK") complain("the report", "is no ODS");
  // A change of the ladder, tried and not saved.
  await page.goto(`${site}/rehearsal`);
  const ladder = await page.inputValue("#change");
  await page.fill("#change", ladder.replace('name = "before-3"\nbefore = 3', 'name = "before-2"\nbefore = 2'));
  await page.click("main form button");
  for (const words of ["before-2", "新增", "不再發送"]) expect("the rehearsal", await text(page), words);
  await page.fill("#change", "[web]\nlisten = 1");
  await page.click("main form button");
  expect("the rehearsal", await page.innerText("#change-fault"), "cannot be tried here");
  // And home.
  await page.goto(`${site}/sign-out`);
  await page.click("form[action$='sign-out'] button");
  await page.goto(`${site}/cases`);
  expect("signed out", page.url(), "sign-in");
  await context.close();
}

const pages = ["/", "/cases?state=all", "/cases/C-1", "/calendar", `/calendar/day/${day}`,
  `/calendar/explain?from=${day}`, "/outbox", "/units", "/rehearsal", "/report", "/system"];

async function look(scheme, width, language) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, bypassCSP: true });
  await context.addCookies([{ name: "jicui_language", value: language, url: site }]);
  const page = await context.newPage();
  await signIn(page);
  for (const url of pages) {
    const what = `${url} (${scheme}, ${width}, ${language})`;
    page.removeAllListeners("console");
    page.on("console", (said) => said.type() === "error" && complain(what, said.text()));
    const answer = await page.goto(site + url, { waitUntil: "domcontentloaded" });
    if (answer.status() !== 200) complain(what, `answers ${answer.status()}`);
    const length = (await answer.body()).length;
    if (length > 100_000) complain(what, `${length} bytes`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) complain(what, `${wide} wide: wider than the screen`);
    await page.evaluate(axe);
    const found = await page.evaluate((rules) => axe.run(document, rules), rules);
    for (const { id, nodes } of found.violations) {
      complain(what, `axe ${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
    }
    const stem = `${language}-${url.split("?")[0].replace(/[^a-zA-Z]+/g, "_")}`;
    if (scheme === "light" && width === 1280) fs.writeFileSync(path.join(kept, `${stem}.html`), await answer.text());
    await page.screenshot({ path: path.join(kept, `${stem}-${scheme}-${width}.png`), fullPage: true });
  }
  await context.close();
}

// What has the focus: its tag, and whether it can be seen that it has.
const focused = () => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const box = at.getBoundingClientRect();
  return { tag: at.tagName, id: at.id, href: at.href || "", text: (at.innerText || at.value || "").trim().slice(0, 30),
    seen: outlined && box.width > 0 && box.height > 0 };
};

// Goes on by Tab until `wanted` has the focus; whatever has it on the way must show that it has.
async function tabTo(page, what, wanted) {
  for (let n = 0; n < 400; n += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(focused);
    if (now.tag === "BODY") continue;
    if (!now.seen) complain(what, `nobody sees that ${now.tag}#${now.id} ${now.text} has the focus`);
    if (wanted(now)) return;
  }
  complain(what, "the keyboard never gets there");
}

// Sign in, act on a case, look at a day: no mouse, no script.
async function keyboard() {
  const context = await browser.newContext({ javaScriptEnabled: true, bypassCSP: true });
  const page = await context.newPage();
  const named = (id) => (now) => now.id === id;
  await page.goto(`${site}/sign-in`);
  await tabTo(page, "sign in by keyboard", named("name"));
  await page.keyboard.type(name);
  await tabTo(page, "sign in by keyboard", named("password"));
  await page.keyboard.type(password);
  await Promise.all([page.waitForURL((url) => !url.pathname.includes("sign-in")), page.keyboard.press("Enter")]);
  await page.goto(`${site}/cases/C-2`);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(focused);
  if (!first.text.includes("跳至主要內容")) complain("the keyboard", `first comes ${first.text}`);
  await page.keyboard.press("Enter");
  const place = await page.evaluate(() => location.hash);
  if (place !== "#main") complain("the keyboard", "the first link does not lead to the content");
  await tabTo(page, "hold by keyboard", (now) => now.tag === "SUMMARY" && now.text.includes("暫停計時"));
  await page.keyboard.press("Space");
  await tabTo(page, "hold by keyboard", named("hold-reason"));
  await page.keyboard.type("等待民眾補充");
  await tabTo(page, "hold by keyboard", (now) => now.tag === "BUTTON");
  await Promise.all([page.waitForURL(/done=hold/), page.keyboard.press("Enter")]);
  expect("hold by keyboard", await text(page), "暫停計時");
  await page.goto(`${site}/calendar`);
  await tabTo(page, "a day by keyboard", (now) => now.href.includes("/calendar/day/"));
  await Promise.all([page.waitForURL(/calendar\/day\//), page.keyboard.press("Enter")]);
  // Through every page to its end: the focus leaves the page again, and nothing holds it.
  for (const url of pages) {
    await page.goto(site + url);
    let steps = 0;
    do {
      await page.keyboard.press("Tab");
      steps += 1;
    } while (steps < 1500 && (await page.evaluate(() => document.activeElement.tagName)) !== "BODY");
    if (steps === 1500) complain(url, "the keyboard never leaves it");
  }
  await context.close();
}

// On paper: no navigation, no form, nothing cut off at the right.
async function paper() {
  const context = await browser.newContext({ viewport: { width: 718, height: 1047 }, bypassCSP: true });
  const page = await context.newPage();
  await signIn(page);
  await page.emulateMedia({ media: "print" });
  for (const url of pages) {
    await page.goto(site + url);
    const shown = await page.evaluate(() => [...document.querySelectorAll("nav, form, button, .skip")]
      .filter((one) => one.getClientRects().length > 0).map((one) => one.outerHTML.slice(0, 80)));
    for (const one of shown) complain(url, `on paper: ${one}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 718) complain(url, `on paper ${wide} wide: wider than A4`);
    const pdf = await page.pdf({ format: "A4", margin: { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" } });
    if (pdf.subarray(0, 5).toString() !== "%PDF-") complain(url, "no PDF");
    fs.writeFileSync(path.join(kept, `${url.split("?")[0].replace(/[^a-zA-Z]+/g, "_")}.pdf`), pdf);
  }
  await context.close();
}

await story();
await keyboard();
await paper();
for (const language of ["zh-TW", "en"]) {
  for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 390]]) {
    await look(scheme, width, language);
  }
}
await browser.close();
console.log(`the story, by mouse and by keyboard; paper; and ${pages.length} pages in two languages, in light, in dark and on a telephone: ${bad} faults`);
process.exit(bad > 0 ? 1 : 0);
