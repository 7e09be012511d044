// A browser looks at what people see: Teams cards by Microsoft's own renderer, and the pages by
// axe-core (WCAG 2.2 AA), in light and in dark, as wide as a telephone and as a desk's screen; and
// it sends their forms without running any script.
// usage: node look.mjs PROOFS PICTURES, where node_modules holds the packages
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.cwd(), "x.js"));
const { chromium } = require("playwright-core");
const [proofs, pictures] = process.argv.slice(2);
const packaged = (file) => fs.readFileSync(path.join("node_modules", file), "utf8");
const files = (folder, end) =>
  fs.readdirSync(path.join(proofs, folder)).filter((name) => name.endsWith(end)).sort();
let bad = 0;
const complain = (what, fault) => {
  bad += 1;
  console.log(`${what}: ${fault}`);
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
fs.mkdirSync(pictures, { recursive: true });

async function axe(page, what, rules) {
  // As the browser's own tools do, past the page's policy: it lets no script in.
  await page.evaluate(packaged("axe-core/axe.min.js"));
  const found = await page.evaluate((rules) => axe.run(document, rules), rules);
  for (const { id, impact, nodes } of found.violations) {
    complain(what, `axe ${id} (${impact}): ${nodes[0].html} ${nodes[0].failureSummary}`);
  }
}

async function cards() {
  const page = await browser.newPage({ viewport: { width: 640, height: 480 } });
  const frame = '<!doctype html><html lang="zh"><head><title>card</title></head><body style="' +
    "font-family:'Noto Sans CJK TC';margin:0\"><main><h1 hidden>card</h1><div id=\"card\"></div></main></body></html>";
  for (const name of files("teams", ".json")) {
    const body = JSON.parse(fs.readFileSync(path.join(proofs, "teams", name)));
    const [attachment] = body.attachments;
    await page.setContent(frame);
    await page.addScriptTag({ content: packaged("adaptivecards/dist/adaptivecards.min.js") });
    await page.addScriptTag({ content: packaged("markdown-it/dist/markdown-it.min.js") });
    const seen = await page.evaluate((content) => {
      const faults = [];
      const markdown = window.markdownit();
      AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
        result.outputHtml = markdown.render(text);
        result.didProcess = true;
      };
      const card = new AdaptiveCards.AdaptiveCard();
      // As Teams colours the head of a card; the renderer's own default has no colours.
      const style = (backgroundColor) => ({ backgroundColor });
      card.hostConfig = new AdaptiveCards.HostConfig({
        fontFamily: "'Noto Sans CJK TC'",
        actions: { maxActions: 6, actionsOrientation: "horizontal" },
        containerStyles: {
          emphasis: style("#f0f0f0"), good: style("#e7f2da"),
          warning: style("#fbf6d9"), attention: style("#fcf4f6"),
        },
      });
      const context = new AdaptiveCards.SerializationContext();
      card.parse(content, context);
      for (let i = 0; i < context.eventCount; i++) faults.push(context.getEventAt(i).message);
      for (const event of card.validateProperties().validationEvents) faults.push(event.message);
      const element = card.render();
      if (element) document.getElementById("card").append(element);
      return {
        faults,
        text: element?.innerText ?? "",
        links: document.querySelectorAll("#card a").length,
        formatted: document.querySelectorAll("#card :is(strong, em, code, img, script, h1, h2)").length,
        buttons: document.querySelectorAll("#card button").length,
      };
    }, attachment.content);
    for (const fault of seen.faults) complain(name, `adaptivecards: ${fault}`);
    if (!seen.text.includes("C-558380") && !seen.text.includes("558380")) complain(name, "shows no case");
    if (seen.links + seen.formatted > 0) complain(name, "a citizen's words act");
    if (seen.buttons !== attachment.content.actions.length) complain(name, "a button is missing");
    await page.locator("#card").screenshot({ path: path.join(pictures, `teams-${name}.png`) });
  }
  await page.close();
}

const site = "https://jicui.example.gov.tw";

// A browser page to which the written pages are served, with the headers they came with.
async function visitor(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const headers = JSON.parse(fs.readFileSync(path.join(proofs, "pages", "headers.json"), "utf8"));
  const style = fs.readFileSync(path.join(proofs, "pages", "style.css"), "utf8");
  const visit = { page, context, posted: null, refused: [] };
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy/.test(message.text())) {
      visit.refused.push(message.text());
    }
  });
  await page.route("**/*", async (route) => {
    const request = route.request();
    const name = path.basename(new URL(request.url()).pathname);
    if (request.method() === "POST") visit.posted = request.postData();
    if (name === "style.css") {
      await route.fulfill({ headers: { ...headers, "content-type": "text/css" }, body: style });
    } else if (name.endsWith(".html")) {
      const body = fs.readFileSync(path.join(proofs, "pages", name), "utf8");
      await route.fulfill({ headers: { ...headers, "content-type": "text/html" }, body });
    } else {
      await route.fulfill({ status: 404, body: "" });
    }
  });
  return visit;
}

async function pages(scheme, width) {
  const { page, context, refused } = await visitor({ viewport: { width, height: 844 }, colorScheme: scheme });
  for (const name of files("pages", ".html")) {
    await page.goto(`${site}/act/${name}`);
    const what = `${name} (${scheme}, ${width})`;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) complain(what, `${wide} wide: wider than the screen`);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, select, textarea, .choice")]
        .filter((e) => e.type !== "radio" && e.getBoundingClientRect().height < 44).length);
    if (small > 0) complain(what, "something is too small for a finger");
    const styled = await page.evaluate(() => document.styleSheets.length);
    if (styled !== 1) complain(what, "its own policy refuses its stylesheet");
    await axe(page, what, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    const picture = `page-${scheme}-${width}-${name}.png`;
    await page.screenshot({ path: path.join(pictures, picture), fullPage: true });
  }
  for (const fault of refused) complain(`pages (${scheme}, ${width})`, fault);
  await context.close();
}

// Each form is filled in and sent by a browser that runs no script at all.
async function withoutScript() {
  const visit = await visitor({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
  const { page, context } = visit;
  const forms = files("pages", "-asked.html");
  for (const name of forms) {
    visit.posted = null;
    await page.goto(`${site}/act/${name}`);
    const expected = {};
    const fill = async (selector, field, value, how) => {
      const found = page.locator(selector).first();
      if ((await found.count()) === 0) return;
      await how(found);
      expected[field] = value ?? (await found.getAttribute("value"));
    };
    await fill("input[type=radio]", "person", null, (field) => field.check());
    await fill("#workdays", "workdays", "3", (field) => field.fill("3"));
    await fill("#unit", "unit", "wda-planning", (field) => field.selectOption("wda-planning"));
    await fill("#reason", "reason", "洽其他機關", (field) => field.fill("洽其他機關"));
    await page.locator("button[type=submit]").click();
    const sent = Object.fromEntries(new URLSearchParams(visit.posted ?? ""));
    if (JSON.stringify(sent) !== JSON.stringify(expected)) {
      complain(name, `without script it sends ${JSON.stringify(sent)}, not ${JSON.stringify(expected)}`);
    }
  }
  for (const fault of visit.refused) complain("without script", fault);
  await context.close();
  return forms.length;
}

await cards();
for (const [scheme, width] of [["light", 390], ["dark", 390], ["light", 1280]]) {
  await pages(scheme, width);
}
const forms = await withoutScript();
await browser.close();
console.log(`${files("teams", ".json").length} cards, ${files("pages", ".html").length} pages in light, in dark and on a wide screen, ${forms} forms sent without script, ${bad} faults`);
process.exit(bad > 0 ? 1 : 0);
