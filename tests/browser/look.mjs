// Shared by the galleries: pictures of each page in every form, and the findings of axe.
import {assert, axeSource, breaches, person, picture, world} from "./world.mjs";

// Of the file of a picture. The tabs of a page differ in the query.
const named = (where) =>
  where
    .replace(/^\W+|token=.*/g, "")
    .replace(/\W+/g, "-")
    .slice(0, 60) || "root";

const WIDTHS = [1280, 768, 360];
// The others are pictures for people.
const isJudged = (width, colorScheme) =>
  (width === 1280 && colorScheme === "light") || (width === 360 && colorScheme === "dark");

export async function serious(page, where) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
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

// The page as it is now, in each form. Leaves it as narrow as the smallest telephone, and light.
export async function looksGood(page, where) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({colorScheme});
    for (const width of WIDTHS) {
      const is_judged = isJudged(width, colorScheme);
      if (!is_judged && !world.pictures) continue;
      await page.setViewportSize({width, height: 740});
      // The whole page, as far as a person looks at it: a table of 50 rows is long on a telephone.
      const height = await page.evaluate(() =>
        Math.min(document.documentElement.scrollHeight, 2200),
      );
      await page.setViewportSize({width, height});
      await picture(page, `${named(where)}-${width}-${colorScheme}`);
      if (is_judged) await serious(page, `${where} ${width} ${colorScheme}`);
    }
  }
  await page.setViewportSize({width: 320, height: 640});
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${where} is ${wide} px wide at 320 px`);
  await page.emulateMedia({colorScheme: "light"});
}

// axe is put into the page, which the page's own policy forbids: these contexts do without it, the flows do not.
export async function gallery(paths, before) {
  const context = await person({bypassCSP: true, reducedMotion: "reduce"});
  const page = await context.newPage();
  await before(page);
  for (const path of paths) {
    await page.goto(path);
    await page.locator("main:not([aria-busy]) h1").waitFor();
    await looksGood(page, path);
  }
}
