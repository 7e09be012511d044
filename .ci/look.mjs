// A browser looks at what people see: Teams cards by Microsoft's own renderer, and the pages by
// axe-core (WCAG 2.2 AA), in light and in dark, as wide as a telephone.
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
  await page.addScriptTag({ content: packaged("axe-core/axe.min.js") });
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

async function pages(scheme) {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 }, colorScheme: scheme, javaScriptEnabled: true,
  });
  const page = await context.newPage();
  const style = fs.readFileSync(path.join(proofs, "pages", "style.css"), "utf8");
  for (const name of files("pages", ".html")) {
    await page.setContent(fs.readFileSync(path.join(proofs, "pages", name), "utf8"));
    await page.addStyleTag({ content: style });
    const what = `${name} (${scheme})`;
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 390) complain(what, `${width} wide: wider than a telephone`);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, select, textarea, .choice")]
        .filter((e) => e.type !== "radio" && e.getBoundingClientRect().height < 44).length);
    if (small > 0) complain(what, "something is too small for a finger");
    await axe(page, what, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    await page.screenshot({ path: path.join(pictures, `page-${scheme}-${name}.png`), fullPage: true });
  }
  await context.close();
}

await cards();
for (const scheme of ["light", "dark"]) await pages(scheme);
await browser.close();
console.log(`${files("teams", ".json").length} cards, ${files("pages", ".html").length} pages in light and dark, ${bad} faults`);
process.exit(bad > 0 ? 1 : 0);
