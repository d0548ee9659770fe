// Where things stand on the pages: what fits, what is in one line, and what touches nothing.
import {assert, heading, person, picture, signIn, world} from "./world.mjs";

const HEIGHT = 900;

async function at(page, width) {
  await page.setViewportSize({width, height: HEIGHT});
  await page.evaluate(() => document.fonts.ready);
}

// In the language, as somebody who has chosen it.
async function speaking(tag, path, before = async () => {}) {
  const context = await person();
  const page = await context.newPage();
  await before(page);
  await context.addCookies([{name: "authd_ui", value: `lang:${tag}`, url: world.base}]);
  await page.goto(path);
  await page.locator("main:not([aria-busy]) h1").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), tag);
  return page;
}

const asRoot = async (page) => {
  await signIn(page, "root");
  await heading(page, "Profile");
};

const languages = (page) =>
  page.evaluate(() =>
    JSON.parse(document.getElementById("boot").textContent).languages.map(({tag}) => tag),
  );

// The words below `selector` that go on in another line without a hyphen of their own.
const brokenWords = (page, selector) =>
  page.locator(selector).evaluateAll((elements) => {
    const broken = [];
    for (const element of elements) {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const {0: word, index} of node.data.matchAll(/[^\s-]+-?/g)) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          const lines = new Set([...range.getClientRects()].map(({top}) => Math.round(top)));
          if (lines.size > 1) broken.push(word);
        }
      }
    }
    return broken;
  });

// {left, right, top, bottom, middle} of the first elements of `selectors`, or of all of one.
const boxes = (page, selector) =>
  page.locator(selector).evaluateAll((elements) =>
    elements.map((element) => {
      const {left, right, top, bottom} = element.getBoundingClientRect();
      return {left, right, top, bottom, middle: (top + bottom) / 2};
    }),
  );

const spread = (numbers) => Math.max(...numbers) - Math.min(...numbers);

// Links of the side that are wider than their column. Where there is no room for one they scroll.
const widerThanColumn = (page) =>
  page.locator(".side a").evaluateAll((links) =>
    links
      .filter((link) => {
        const column = link.closest("ul").getBoundingClientRect();
        const range = document.createRange();
        range.selectNodeContents(link);
        return range.getBoundingClientRect().right > column.right;
      })
      .map((link) => link.textContent),
  );

export async function words_fit_into_tiles_and_the_side_in_any_language() {
  const context = await person();
  const first = await context.newPage();
  await first.goto("/signin");
  // Japanese and Chinese may go on in another line after any character.
  const tags = (await languages(first)).filter((tag) => !["ja", "zh-Hans"].includes(tag));
  assert.ok(tags.includes("de"));
  for (const tag of tags) {
    const page = await speaking(tag, "/admin", asRoot);
    for (const width of [360, 768, 1024, 1440]) {
      await at(page, width);
      await picture(page, `tiles-${tag}-${width}`);
      assert.deepEqual(await brokenWords(page, ".tile"), [], `${tag} at ${width} px`);
      if (width > 820) assert.deepEqual(await widerThanColumn(page), [], `${tag} at ${width} px`);
    }
    await page.context().close();
  }
}

export async function five_tiles_leave_no_hole() {
  const page = await speaking("de", "/admin", asRoot);
  for (const width of [360, 640, 768, 1024, 1280, 1440, 1920]) {
    await at(page, width);
    const [all] = await boxes(page, ".tiles");
    const tiles = await boxes(page, ".tile");
    assert.equal(tiles.length, 5);
    const tops = [...new Set(tiles.map(({top}) => Math.round(top)))];
    for (const wanted of tops) {
      const row = tiles.filter(({top}) => Math.round(top) === wanted);
      const where = `${width} px, ${tops.length} rows: ${JSON.stringify(row)}`;
      assert.ok(Math.abs(row[0].left - all.left) <= 1, where);
      assert.ok(Math.abs(row.at(-1).right - all.right) <= 1, where);
      assert.ok(spread(row.map(({bottom}) => bottom)) <= 1, where);
      for (let i = 1; i < row.length; ++i) assert.ok(row[i].left - row[i - 1].right <= 20, where);
    }
  }
}

export async function the_heads_of_tiles_are_on_one_line() {
  const page = await speaking("de", "/admin", asRoot);
  await at(page, 1440);
  for (const part of [".tile .item-icon", ".tile .soft"]) {
    const heads = await boxes(page, part);
    assert.equal(heads.length, 5);
    assert.ok(spread(heads.map(({middle}) => middle)) <= 1, `${part} ${JSON.stringify(heads)}`);
  }
  const values = await boxes(page, ".tile strong");
  assert.ok(spread(values.map(({top}) => top)) <= 1, JSON.stringify(values));
}

export async function the_foot_of_the_page_is_one_line() {
  for (const [path, before] of [
    ["/signin", undefined],
    ["/account", asRoot],
  ]) {
    const page = await speaking("de", path, before);
    for (const width of [768, 1280, 1440]) {
      await at(page, width);
      const parts = [
        ...(await boxes(page, "#foot nav a")),
        ...(await boxes(page, "#foot .language .icon")),
        ...(await boxes(page, "#language")),
        ...(await boxes(page, "#theme")),
      ];
      assert.equal(parts.length, 6);
      const middles = parts.map(({middle}) => middle);
      assert.ok(spread(middles) <= 1, `${path} at ${width} px: ${middles}`);
    }
    await page.context().close();
  }
}

// The texts of the buttons and the buttons themselves.
const labels = (page) =>
  page.locator(".providers .button").evaluateAll((buttons) =>
    buttons.map((button) => {
      const range = document.createRange();
      range.selectNodeContents(button.lastElementChild);
      const [text, box] = [range, button].map((one) => one.getBoundingClientRect());
      const mark = button.firstElementChild.getBoundingClientRect();
      return {
        label: button.textContent,
        above: text.top - box.top,
        below: box.bottom - text.bottom,
        before: mark.left - box.left,
        after: box.right - text.right,
        between: text.left - mark.right,
        height: box.height,
      };
    }),
  );

export async function long_names_of_providers_touch_no_border() {
  const page = await speaking("en", "/signin");
  for (const width of [1280, 768, 360, 320]) {
    await at(page, width);
    await picture(page, `providers-${width}`);
    const found = await labels(page);
    assert.equal(found.length, 3);
    // The names are as long as they have to be for this test.
    assert.ok(found.some(({height}) => height > 60));
    for (const one of found) {
      const where = `${width} px: ${JSON.stringify(one)}`;
      assert.ok(Math.min(one.above, one.below) >= 6, where);
      assert.ok(Math.min(one.before, one.after) >= 12, where);
      assert.ok(one.between >= 4, where);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${wide} px wide at ${width} px`);
  }
}

async function logoIn(place, size) {
  const logo = place.locator("img.mark");
  await logo.waitFor();
  assert.match(await logo.getAttribute("src"), /^\/ui\/providers\/acme\/logo\?v=[0-9a-f]{16}$/);
  assert.equal(await logo.getAttribute("alt"), "");
  await logo.evaluate((one) => one.decode());
  assert.ok((await logo.evaluate((one) => one.naturalWidth)) > 0);
  const box = await logo.boundingBox();
  assert.deepEqual([box.width, box.height], [size, size]);
}

export async function providers_have_their_logo_or_a_letter() {
  const page = await speaking("en", "/signin");
  const buttons = page.locator(".providers .button");
  await logoIn(buttons.filter({hasText: "Example Corporation"}), 24);
  assert.equal(await buttons.filter({hasText: "Brief"}).locator(".letter").textContent(), "B");
  await asRoot(page);
  await page.goto("/account/linked");
  const items = page.locator(".item");
  await logoIn(items.filter({hasText: "Example Corporation"}), 40);
  assert.equal(await items.filter({hasText: "Brief"}).locator(".letter").textContent(), "B");
}
