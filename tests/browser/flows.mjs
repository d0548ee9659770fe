// Runs the flows of one file (or a part of them, or those whose name has world.only in it), each with
// a person of its own, and fails when one of them or any page misbehaves.
import {breaches, browser, world} from "./world.mjs";

const [part, parts] = world.part;
let failed = 0;
let run = 0;
const flows = Object.entries(await import(`./${world.file}_flows.mjs`));
for (const [i, [name, flow]] of flows.entries()) {
  if (i % parts !== part - 1 || !name.includes(world.only)) continue;
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
  console.log(
    `FAILED no flow of ${world.file}_flows.mjs is in part ${part} and has "${world.only}" in its name`,
  );
process.exit(failed > 0 || run === 0 || breaches.length > 0 ? 1 : 0);
