// Opens a page in headless Chromium: node docs_pages.mjs FOLDER ORIGIN PAGE SCREENSHOTS, where
// FOLDER has playwright-core, and PAGE is "docs" or "redoc". Prints as JSON what it showed, every
// complaint of the browser and every address that it asked for.
import {createRequire} from "node:module";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";

const [folder, origin, name, screenshots] = process.argv.slice(2);
const {chromium} = createRequire(join(folder, "node_modules/"))("playwright-core");
const profile = mkdtempSync(join(tmpdir(), "authd-chromium-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

browser.setDefaultTimeout(180000); // sanitizer builds are slow

async function open(path, look) {
  const page = await browser.newPage();
  const found = {complaints: [], asked: []};
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) found.complaints.push(message.text());
  });
  page.on("pageerror", (error) => found.complaints.push(String(error)));
  page.on("requestfailed", (request) => found.complaints.push("failed: " + request.url()));
  page.on("request", (request) => found.asked.push(request.url()));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(
        `policy: ${event.violatedDirective} ${event.blockedURI} ` +
          `${event.sourceFile} ${event.sample}`,
      ),
    );
  });
  try {
    await page.goto(origin + path);
    Object.assign(found, await look(page));
  } catch (error) {
    found.complaints.push(String(error));
  }
  if (screenshots) await page.screenshot({path: join(screenshots, path.slice(1) + ".png")});
  page.removeAllListeners("requestfailed"); // what our leaving breaks off
  await page.close();
  return found;
}

// Of many operations, Swagger UI draws those that are on the screen.
const atOnce = 400; // pixels, fewer than a screen has

async function scrolledThrough(page) {
  const seen = new Set();
  for (let before = -1; ;) {
    const {ids, top} = await page.evaluate(() => ({
      ids: [...document.querySelectorAll(".opblock")].map((one) => one.id),
      top: scrollY,
    }));
    ids.forEach((id) => seen.add(id));
    if (top === before) return seen;
    before = top;
    await scrollBy(page, atOnce);
  }
}

async function scrollUpTo(page, wanted) {
  while ((await wanted.count()) === 0) await scrollBy(page, -atOnce);
}

// And waits until what comes into view is drawn: two frames later.
const scrollBy = (page, pixels) =>
  page.evaluate(async (by) => {
    scrollBy(0, by);
    for (let frame = 0; frame < 2; ++frame) await new Promise(requestAnimationFrame);
  }, pixels);

async function docs(page) {
  await page.waitForSelector(".opblock");
  const operations = (await scrolledThrough(page)).size;
  // An operation is tried out, as a reader would.
  const live = page.locator(".opblock", {hasText: "/livez"});
  await scrollUpTo(page, live);
  await live.locator("button.opblock-summary-control").click();
  await page.getByRole("button", {name: "Try it out", exact: true}).click();
  await page.getByRole("button", {name: "Execute"}).click();
  const status = page.locator(".live-responses-table .response .response-col_status").first();
  await status.waitFor();
  return {operations, tried: (await status.innerText()).trim()};
}

async function redoc(page) {
  await page.waitForSelector("h2");
  await page.waitForSelector(
    "[data-section-id='section/Authentication'], [data-section-id^='tag/']",
  );
  const operations = await page
    .locator("[data-section-id*='/operation/'], [id*='/operation/']")
    .count();
  const search = page.getByPlaceholder("Search...");
  await search.fill("recovery");
  await page.waitForSelector("[data-role='search:results'] [role='menuitem']");
  const hits = await page.locator("[data-role='search:results'] [role='menuitem']").count();
  return {operations, hits};
}

const found = await open("/" + name, {docs, redoc}[name]);
await browser.close();
rmSync(profile, {recursive: true, force: true});
console.log(JSON.stringify(found));
