// A browser that counts what must not happen, people's mailboxes, and their authenticator apps.
import {createHmac} from "node:crypto";
import {mkdirSync, readdirSync, readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {strict as assert} from "node:assert";

export const world = JSON.parse(process.env.WORLD);
const require = createRequire(pathToFileURL(`${world.packages}/`));
const {chromium} = require("playwright-core");
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(world.shots, {recursive: true});

// Without the last five, Chromium asks for hosts of its maker at every start.
export const browser = await chromium.launch({
  timeout: world.timeout,
  executablePath: world.chromium,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    // Names that resolve to this machine. The browser treats their http pages like https pages.
    ...(world.hosts
      ? [
          `--host-resolver-rules=MAP ${world.hosts} 127.0.0.1`,
          `--unsafely-treat-insecure-origin-as-secure=${world.origins}`,
        ]
      : []),
  ],
});

// The texts of the pages in this language, by their names: german("signin.plural", {count: 2}). Translators
// change their words, so that no test spells them out.
export function textsIn(language) {
  const file = new URL(`../../src/web/pages/${language}.json`, import.meta.url);
  const texts = JSON.parse(readFileSync(file, "utf8"));
  return (name, values = {}) => {
    assert.ok(texts[name], `${language} has no text "${name}"`);
    return texts[name].replace(/\{(\w+)\}/g, (_, value) => String(values[value]));
  };
}

// Forbidden for every page: to break its policy, write errors, fail.
export const breaches = [];

export async function person(options = {}) {
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: {width: 1280, height: 900},
    baseURL: world.base,
    ...options,
  });
  context.setDefaultTimeout(world.timeout);
  context.on("page", (page) => watch(page));
  await context.addInitScript(keepNotices);
  return context;
}

// In every page: notices go after some seconds, which may be sooner than told() looks. What they said is kept.
function keepNotices() {
  globalThis.noticed = [];
  new MutationObserver((changes) => {
    for (const {target, addedNodes} of changes) {
      if (target.id !== "notices") continue;
      for (const box of addedNodes)
        if (box.checkVisibility()) globalThis.noticed.push(box.textContent);
    }
  }).observe(document, {childList: true, subtree: true});
}

function watch(page) {
  page.on("pageerror", (error) => breaches.push(`${page.url()}: ${error.stack ?? error}`));
  page.on("console", (line) => {
    if (!["error", "warning"].includes(line.type())) return;
    if (![world.base, world.fresh].some((ours) => page.url().startsWith(ours))) return; // A provider's page.
    // The browser's own line for an answer of 4xx; whether the page deals with it is what the flows look at.
    if (/Failed to load resource: the server responded with a status of 4\d\d/.test(line.text()))
      return;
    // A machine that is busy uses a file seconds after the page was loaded.
    if (/was preloaded using link preload but not used within a few seconds/.test(line.text()))
      return;
    breaches.push(`${page.url()}: console ${line.type()}: ${line.text()}`);
  });
}

// A picture of the page for people, who have to ask for pictures: no test looks at them.
export async function picture(page, name) {
  if (world.pictures)
    await page.screenshot({path: `${world.shots}/${name}.png`, animations: "disabled"});
}

// The newest mail to an address, waited for: {link, code, subject}.
export async function mailTo(address, subject, after = 0) {
  for (const end = Date.now() + world.timeout; Date.now() < end;) {
    let names = [];
    try {
      names = readdirSync(world.mail).filter((name) => name.endsWith(".eml"));
    } catch {
      /* none yet */
    }
    const mails = names
      .map((name) => readFileSync(`${world.mail}/${name}`, "utf8"))
      .filter((text) => text.includes(`To: ${address}`) || text.includes(`<${address}>`))
      .map(read)
      .filter((mail) => mail.text.includes(subject) || mail.head.includes(subject));
    if (mails.length > after) return mails.at(-1);
    await new Promise((resolve) => setTimeout(resolve, 50)); // between two looks
  }
  throw new Error(`no mail "${subject}" to ${address}`);
}

export function mailCount(address, subject) {
  try {
    return readdirSync(world.mail)
      .filter((name) => name.endsWith(".eml"))
      .map((name) => read(readFileSync(`${world.mail}/${name}`, "utf8")))
      .filter(
        (mail) =>
          mail.head.includes(address) &&
          (mail.text.includes(subject) || mail.head.includes(subject)),
      ).length;
  } catch {
    return 0;
  }
}

function read(raw) {
  const [head] = raw.split(/\r?\n\r?\n/);
  let text = raw;
  const encoded = raw.match(
    /Content-Transfer-Encoding: base64\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+)/,
  );
  if (encoded) text = Buffer.from(encoded[1], "base64").toString("utf8");
  text = text.replace(/=\r?\n/g, "").replace(/=3D/g, "=");
  const link = text.match(/https?:\/\/\S+\?token=[\w%.~-]+/)?.[0];
  return {head, text, link: link?.replace(/[.)>]+$/, ""), code: text.match(/\b\d{6}\b/)?.[0]};
}

// RFC 6238 with the secret in base32.
export function totp(secret, shift = 0) {
  let bits = "";
  for (const letter of secret.replace(/[ =]/g, ""))
    bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + shift));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = hash.at(-1) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export async function signUp(
  page,
  username,
  email = `${username}@example.org`,
  password = world.password,
) {
  await page.goto("/signup");
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", {exact: true}).fill(password);
  await page.getByLabel("Repeat the password").fill(password);
  await page.getByRole("button", {name: "Create account"}).click();
  await page.getByRole("heading", {name: "Profile"}).waitFor();
}

export async function signIn(page, login, password = world.password, address = "/signin") {
  await page.goto(address);
  await page.getByLabel("Username or email").fill(login);
  await page.getByLabel("Password", {exact: true}).fill(password);
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
}

// An authenticator app, on the page of the account's security. Returns its secret.
export async function setUpApp(page) {
  await page.getByRole("button", {name: "Set up an app"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Can't scan it?").click();
  const secret = await dialog.locator(".secret code").textContent();
  await dialog.getByLabel("Code from the app").fill(totp(secret));
  await dialog.getByRole("button", {name: "Turn on"}).click();
  await dialog.getByRole("button", {name: "I have saved them"}).click();
  await page.getByText("Signing in requires a code").waitFor();
  return secret;
}

export async function signOut(page) {
  await page.getByRole("button", {name: "Sign out", exact: true}).click();
  await heading(page, "Sign in to Fjord");
}

// A dialog with something that cannot be shown again closes by its own button only.
export async function stays(page, text) {
  const dialog = page.getByRole("dialog");
  for (let i = 0; i < 3; ++i) await page.keyboard.press("Escape");
  await page.mouse.click(5, 5);
  await dialog.getByText(text).waitFor();
  assert.ok(await dialog.evaluate((box) => box.matches(":modal")));
  assert.equal(await dialog.getByRole("button", {name: "Close"}).count(), 0);
}

export const heading = (page, name) => page.getByRole("heading", {name, level: 1}).waitFor();
// Waits for the notice, if it has not been there already; each is told once.
export const told = (page, text) =>
  page.waitForFunction(
    (words) => {
      const at = globalThis.noticed.findIndex((one) => one.includes(words));
      if (at >= 0) globalThis.noticed.splice(0, at + 1);
      return at >= 0;
    },
    text,
    {polling: 50},
  );
// The address follows what is shown at its own pace.
export const at = (page, is_wanted) => page.waitForURL(is_wanted);
// And so does the title, which comes after the page.
export const titled = (page, title) =>
  page.waitForFunction((wanted) => document.title === wanted, title);
export {assert};
