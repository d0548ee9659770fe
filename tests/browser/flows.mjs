// Runs the flows of one file, or those of them whose name has world.only in it, each with a person of
// its own, and fails when one of them or any page misbehaves.
import {breaches, browser, world} from "./world.mjs";

let failed = 0;
let run = 0;
for (const [name, flow] of Object.entries(await import(`./${world.file}_flows.mjs`))) {
  if (!name.includes(world.only)) continue;
  run += 1;
  const begun = Date.now();
  try {
    await flow();
    console.log(`ok ${name.replaceAll("_", " ")} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name.replaceAll("_", " ")}: ${error.stack ?? error}`);
    for (const [i, page] of browser
      .contexts()
      .flatMap((context) => context.pages())
      .entries()) {
      console.log(`  at ${page.url()}`);
      await page.screenshot({path: `${world.shots}/failed-${name}-${i}.png`}).catch(() => {});
    }
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
for (const breach of new Set(breaches)) console.log(`BREACH ${breach}`);
if (run === 0)
  console.log(`FAILED no flow of ${world.file}_flows.mjs has ${world.only} in its name`);
process.exit(failed > 0 || run === 0 || breaches.length > 0 ? 1 : 0);
