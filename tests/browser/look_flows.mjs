// How every page looks, for whom, and what it costs.
import {assert, axeSource, breaches, heading, person, signIn, world} from "./world.mjs";

const GUEST = ["/signin", "/signup", "/forgot", "/reset-password?token=x", "/verify-email?token=x", "/magic-link?token=x", "/setup?token=x"];
const ACCOUNT = ["/account", "/account/security", "/account/sessions", "/account/linked", "/account/data"];
const ADMIN = ["/admin", "/admin/users", "/admin/users/1", "/admin/roles", "/admin/clients", "/admin/keys", "/admin/audit", "/admin/mail",
  "/admin/settings", "/admin/users/999999"];
const name = (path) => path.split("?")[0].slice(1).replaceAll("/", "-") || "root";

async function serious(page, where) {
  await page.evaluate(axeSource);
  const {violations} = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}));
  for (const {id, impact, nodes, help} of violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    breaches.push(`${where}: ${impact} ${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  }
}

// axe is put into the page, which the page's own policy forbids: these contexts do without it, the flows do not.
async function gallery(paths, before) {
  const context = await person({bypassCSP: true, reducedMotion: "reduce"});
  const page = await context.newPage();
  await before(page);
  for (const path of paths) {
    await page.goto(path);
    await page.locator("main:not([aria-busy]) h1").waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({colorScheme});
      for (const width of [1280, 360]) {
        await page.setViewportSize({width, height: 740});
        // The whole page, as far as a person looks at it: a table of 50 rows is long on a telephone.
        const height = await page.evaluate(() => Math.min(document.documentElement.scrollHeight, 2200));
        await page.setViewportSize({width, height});
        await page.screenshot({path: `${world.shots}/${name(path)}-${width}-${colorScheme}.png`, animations: "disabled"});
        if ((width === 360) === (colorScheme === "dark")) await serious(page, `${path} ${width} ${colorScheme}`);
      }
    }
    await page.setViewportSize({width: 320, height: 640});
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 320, `${path} is ${wide} px wide at 320 px`);
    await page.emulateMedia({colorScheme: "light"});
  }
}

export async function gallery_of_signing_in() {
  await gallery(GUEST, async () => {});
}

export async function gallery_of_the_account() {
  await gallery(ACCOUNT, async (page) => {
    await signIn(page, "root");
    await heading(page, "Profile");
  });
}

export async function gallery_of_administration() {
  await gallery(ADMIN, async (page) => {
    await signIn(page, "root");
    await heading(page, "Profile");
  });
}

export async function gallery_of_dialogs_errors_and_another_accent() {
  const page = await (await person({bypassCSP: true, reducedMotion: "reduce", viewport: {width: 360, height: 740}})).newPage();
  await signIn(page, "root", "wrong");
  await page.getByRole("alert").waitFor();
  await page.screenshot({path: `${world.shots}/signin-error-360-light.png`, animations: "disabled", fullPage: true});
  await serious(page, "sign-in with an error");
  await signIn(page, "root", world.password, "/signin?return_to=/account/data");
  await page.getByRole("button", {name: "Delete your account"}).click();
  await page.getByRole("dialog").waitFor();
  await page.screenshot({path: `${world.shots}/delete-dialog-360-light.png`, animations: "disabled"});
  await serious(page, "the dialog of deletion");
  const other = await (await person({baseURL: world.fresh, locale: "de-DE"})).newPage();
  await other.goto("/signin");
  await other.locator("main:not([aria-busy]) h1").waitFor();
  await other.screenshot({path: `${world.shots}/signin-yellow-german-1280-light.png`, animations: "disabled"});
}

// Lighthouse's facts of the sign-in page, for who comes the first time.
export async function the_first_load_is_small() {
  const context = await person();
  const page = await context.newPage();
  const protocol = await context.newCDPSession(page);
  await protocol.send("Network.enable");
  const loaded = new Map();
  let bytes = 0;
  protocol.on("Network.requestWillBeSent", ({requestId, request}) => {
    if (!request.url.startsWith("data:")) loaded.set(requestId, request.url);
  });
  protocol.on("Network.loadingFinished", ({requestId, encodedDataLength}) => {
    if (loaded.has(requestId)) bytes += encodedDataLength;
  });
  await page.addInitScript(() => {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
    }).observe({type: "layout-shift", buffered: true});
  });
  await page.goto("/signin");
  await heading(page, "Sign in to Fjord");
  await page.waitForLoadState("networkidle");
  console.log(`  first load of /signin: ${loaded.size} requests, ${bytes} bytes with headers`);
  assert.ok(loaded.size <= 6, [...loaded.values()].join("\n"));
  assert.ok(bytes <= 60 * 1024, `${bytes} bytes`);
  const shifted = await page.evaluate(() => globalThis.shifted);
  console.log(`  layout shift of /signin: ${shifted.toFixed(4)}`);
  assert.ok(shifted < 0.05, `layout shift ${shifted}`);
  await signIn(page, "root");
  await heading(page, "Profile");
  await page.reload();
  await heading(page, "Profile");
  const account = await page.evaluate(() => globalThis.shifted);
  console.log(`  layout shift of /account: ${account.toFixed(4)}`);
  assert.ok(account < 0.05, `layout shift ${account}`);
}
