// How the pages for guests look, and what the first one costs.
import {assert, heading, person, signIn} from "./world.mjs";
import {gallery} from "./look.mjs";

const GUEST = [
  "/signin",
  "/signup",
  "/forgot",
  "/reset-password?token=x",
  "/verify-email?token=x",
  "/magic-link?token=x",
  "/setup?token=x",
  "/invite?token=x",
  "/recover",
  "/enroll?token=x",
  "/signout",
  "/stop-email-change?token=x",
];

export async function gallery_of_signing_in() {
  await gallery(GUEST, async () => {});
}

// Lighthouse's figures for the sign-in page, on a first visit.
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
      for (const entry of list.getEntries())
        if (!entry.hadRecentInput) globalThis.shifted += entry.value;
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
