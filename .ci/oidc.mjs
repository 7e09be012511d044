// A certified OpenID provider and a real browser: who is known gets in by it as who they are, who is in a
// group as what the group says, and nobody else. The provider runs at another site (localhost) than jicui
// (127.0.0.1), so that cookies are held to what browsers hold them to.
// usage: node oidc.mjs SITE PORT, where node_modules holds the packages
import { generateKeyPairSync } from "node:crypto";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.cwd(), "x.js"));
const { chromium } = require("playwright-core");
const { Provider } = await import(pathToFileURL(path.resolve("node_modules/oidc-provider/lib/index.js")));
const [site, port] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const people = {
  wang: { preferred_username: "王小明", groups: [] },
  chen: { preferred_username: "陳承辦", groups: ["bli"] },
  lin: { preferred_username: "林路過", groups: ["canteen"] },
};
let bad = 0;
const complain = (what, fault) => {
  bad += 1;
  console.log(`${what}: ${fault}`);
};
const expect = (what, found, wanted) => {
  if (!found.includes(wanted)) complain(what, `lacks ${wanted}: ${found.slice(0, 300)}`);
};

const key = (kind, options, names) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" }),
  ...names,
});
const keys = [
  key("rsa", { modulusLength: 2048 }, { kid: "rsa", use: "sig" }),
  key("ec", { namedCurve: "P-256" }, { kid: "ec", use: "sig" }),
];
console.warn = console.info = () => {};
const serve = (algorithm) => {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "jicui",
      client_secret: process.env.JICUI_OIDC_CLIENT_SECRET,
      redirect_uris: [`${site}/sign-in/provider/back`],
      id_token_signed_response_alg: algorithm,
    }],
    jwks: { keys },
    cookies: { keys: ["only for this run"] },
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
  });
  return new Promise((done) => {
    const server = provider.listen(Number(port), "localhost", () => done(server));
  });
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const main = (page) => page.locator("main").innerText();

// From a page of jicui by its button through the provider's login and consent, without any script.
async function comeBy(who) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${site}/cases?state=all`);
  expect(who, page.url(), "/sign-in?next=");
  await page.click("text=以機關帳號登入");
  expect(who, page.url(), `${issuer}/interaction/`);
  await page.fill("[name=login]", who);
  await page.fill("[name=password]", "any");
  await page.click("button[type=submit]");
  await page.click("button[type=submit]");
  return { context, page };
}

const stop = (server) => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
};

async function story() {
  const server = await serve("RS256");
  const { context, page } = await comeBy("wang");
  expect("wang", page.url(), `${site}/cases?state=all`);
  expect("wang", await main(page), "C-1");
  const held = await context.cookies(site);
  const session = held.find((cookie) => cookie.name === "jicui");
  if (!session?.httpOnly || session.sameSite !== "Lax") complain("the session", JSON.stringify(held));
  if (held.some((cookie) => cookie.name === "jicui_sign_in")) complain("the journey", "is still held");
  const system = await page.goto(`${site}/system`);
  if (system.status() !== 200) complain("wang", `is no administrator: ${system.status()}`);
  await page.goto(`${site}/sign-out`);
  expect("wang", await main(page), "王小明");
  await page.click("form[action$='sign-out'] button");
  await page.goto(`${site}/cases`);
  expect("signed out", page.url(), "/sign-in");
  await context.close();

  const chen = await comeBy("chen");
  expect("chen", chen.page.url(), `${site}/cases?state=all`);
  const refused = await chen.page.goto(`${site}/system`);
  if (refused.status() !== 403) complain("chen", `sees the system: ${refused.status()}`);
  // An officer of the unit acts, and the history says who it was.
  await chen.page.goto(`${site}/cases/C-1`);
  await chen.page.click("#act-acknowledge summary");
  await chen.page.click("#act-acknowledge button[type=submit]");
  expect("chen", await main(chen.page), "陳承辦");
  await chen.context.close();

  const lin = await comeBy("lin");
  expect("lin", lin.page.url(), "/sign-in/provider/back");
  expect("lin", await main(lin.page), "您尚未獲准使用本系統");
  expect("lin", await main(lin.page), "林路過");
  await lin.page.goto(`${site}/cases`);
  expect("lin", lin.page.url(), "/sign-in");
  await lin.context.close();
  await stop(server);
}

await story();
const other = await serve("ES256");
const again = await comeBy("wang");
expect("ES256", await main(again.page), "C-1");
await again.context.close();
await stop(other);
const down = await browser.newPage();
await down.goto(`${site}/sign-in`);
await down.click("text=以機關帳號登入");
// What the provider publishes is kept: the browser itself finds nobody there.
await down.goto(`${site}/sign-in`).catch(() => down.goto(`${site}/sign-in`));
expect("down", await main(down), "密碼");
await browser.close();
console.log(`a certified provider, three people, one of them refused: ${bad} faults`);
process.exit(bad > 0 ? 1 : 0);
