// Shared by the galleries: pictures of each page in every form, and the findings of axe.
import {assert, axeSource, breaches, person, picture, world} from "./world.mjs";

const name = (path) => path.split("?")[0].slice(1).replaceAll("/", "-") || "root";

export async function serious(page, where) {
  await page.evaluate(axeSource);
  // Another colour scheme comes by transitions, however short, and axe looks at the pixels of now.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((one) => one instanceof CSSTransition)
        .map(({finished}) => finished),
    ),
  );
  const {violations} = await page.evaluate(() =>
    axe.run(document, {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  for (const {id, impact, nodes, help} of violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    breaches.push(
      `${where}: ${impact} ${id}: ${help}: ${nodes
        .slice(0, 3)
        .map((node) => `${node.target} ${node.any[0]?.message ?? ""}`)
        .join(" | ")}`,
    );
  }
}

// axe is put into the page, which the page's own policy forbids: these contexts do without it, the flows do not.
export async function gallery(paths, before) {
  const context = await person({bypassCSP: true, reducedMotion: "reduce"});
  const page = await context.newPage();
  await before(page);
  for (const path of paths) {
    await page.goto(path);
    await page.locator("main:not([aria-busy]) h1").waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({colorScheme});
      for (const width of [1280, 360]) {
        const is_judged = (width === 360) === (colorScheme === "dark");
        if (!is_judged && !world.pictures) continue;
        await page.setViewportSize({width, height: 740});
        // The whole page, as far as a person looks at it: a table of 50 rows is long on a telephone.
        const height = await page.evaluate(() =>
          Math.min(document.documentElement.scrollHeight, 2200),
        );
        await page.setViewportSize({width, height});
        await picture(page, `${name(path)}-${width}-${colorScheme}`);
        if (is_judged) await serious(page, `${path} ${width} ${colorScheme}`);
      }
    }
    await page.setViewportSize({width: 320, height: 640});
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 320, `${path} is ${wide} px wide at 320 px`);
    await page.emulateMedia({colorScheme: "light"});
  }
}
