// Runs every flow, each with a person of its own, and fails when one of them or any page misbehaves.
import {breaches, browser, world} from "./world.mjs";
import * as signing from "./signing_flows.mjs";
import * as account from "./account_flows.mjs";
import * as admin from "./admin_flows.mjs";
import * as look from "./look_flows.mjs";

let failed = 0;
for (const [name, flow] of Object.entries({...signing, ...account, ...admin, ...look})) {
  if (world.only && !name.includes(world.only)) continue;
  const begun = Date.now();
  try {
    await flow();
    console.log(`ok ${name.replaceAll("_", " ")} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name.replaceAll("_", " ")}: ${error.stack ?? error}`);
    for (const [i, page] of browser.contexts().flatMap((context) => context.pages()).entries()) {
      console.log(`  at ${page.url()}`);
      await page.screenshot({path: `${world.shots}/failed-${name}-${i}.png`}).catch(() => {});
    }
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
for (const breach of new Set(breaches)) console.log(`BREACH ${breach}`);
process.exit(failed > 0 || breaches.length > 0 ? 1 : 0);
