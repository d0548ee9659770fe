// The charts of the overview.
import {answer, LEVELS, NAMES} from "./statistics_answer.mjs";
import {assert, person, signIn, world} from "./world.mjs";

async function overview(reply) {
  const page = await (await person()).newPage();
  if (reply)
    await page.route("**/api/v1/admin/statistics", (route) => route.fulfill({json: reply}));
  await signIn(page, "root", world.password, "/signin?return_to=/admin");
  await page.locator(".content h1").waitFor();
  return page;
}

export async function charts_say_in_words_and_numbers_what_they_show() {
  const page = await overview(answer());
  const figures = page.getByRole("figure");
  assert.equal(await figures.count(), 7);
  assert.deepEqual(await page.locator(".charts h3").allTextContents(), [
    "Sign-ins",
    "Refused sign-ins",
    "Sign-ups",
    "Active users",
    "Second factor or passkey",
    "Emails",
    "Size of the database",
  ]);
  const signUps = page.getByRole("figure", {name: "Sign-ups"});
  // 10 + 11 + … + 29.
  await signUps.getByText("Total: 390. Most on 30 Nov 2026: 29.").waitFor();
  const drawing = signUps.getByRole("img", {name: "Sign-ups"});
  assert.equal(await drawing.locator("rect.block").count(), 20);
  const described = await drawing.evaluate(
    (svg) => document.getElementById(svg.getAttribute("aria-describedby")).textContent,
  );
  assert.match(described, /Total: 390/);
  const active = page.getByRole("figure", {name: "Active users"});
  await active.getByText("Now: 429. On 11 Nov 2026: 410.").waitFor();
  // The table, opened with the keyboard alone.
  const summary = signUps.locator("summary");
  assert.equal(await summary.textContent(), "Numbers: Sign-ups");
  await summary.focus();
  await page.keyboard.press("Enter");
  const rows = signUps.locator("tbody tr");
  assert.equal(await rows.count(), 30);
  assert.deepEqual(await rows.first().locator("td").allTextContents(), ["30 Nov 2026", "29"]);
  await rows.first().waitFor();
}

export async function series_differ_in_more_than_their_colour() {
  const page = await overview(answer());
  const logins = page.getByRole("figure", {name: "Sign-ins", exact: true});
  const looks = await logins.locator(".legend .block").evaluateAll((blocks) =>
    blocks.map((one) => {
      const pattern = one.ownerSVGElement.querySelector("pattern");
      const kind = pattern ? pattern.lastElementChild.tagName : one.getAttribute("class");
      // A pattern that is not found leaves the block empty.
      return pattern && one.getAttribute("fill") !== `url(#${pattern.id})` ? "lost" : kind;
    }),
  );
  assert.deepEqual(looks, ["block solid", "path", "block hollow", "circle"]);
  const lines = page.getByRole("figure", {name: "Active users"});
  const dashes = await lines
    .locator(".plot .line")
    .evaluateAll((all) => all.map((one) => one.getAttribute("stroke-dasharray")));
  assert.deepEqual(dashes, [null, "5 4"]);
}

export async function charts_fit_every_width() {
  const page = await overview(answer());
  for (const summary of await page.locator(".charts summary").all()) await summary.click();
  for (const width of [320, 360, 768, 1440]) {
    await page.setViewportSize({width, height: 800});
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${wide} px wide at ${width} px`);
    // Drawn again for the width that it has.
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".plot svg")].every(
        (svg) =>
          Math.abs(svg.viewBox.baseVal.width - svg.getBoundingClientRect().width) <= 1 &&
          svg.getBoundingClientRect().width > 100,
      ),
    );
  }
}

export async function a_new_server_says_that_numbers_will_come() {
  const {days, totals} = answer();
  for (const day of days) for (const name of NAMES) day.counts[name] = 0;
  for (const name of NAMES) totals[name] = 0;
  const page = await overview({days, totals});
  await page.getByText("The first ones appear within a minute.").waitFor();
  assert.equal(await page.getByRole("figure").count(), 0);
  // What was there before the charts is there all the same.
  assert.equal(await page.locator(".tile").count(), 5);
}

export async function the_server_gives_what_charts_need() {
  const page = await overview();
  const reply = await page.evaluate(() =>
    fetch("/api/v1/admin/statistics").then((found) => found.json()),
  );
  assert.equal(reply.days.length, 30);
  assert.deepEqual(Object.keys(reply.totals), NAMES);
  assert.deepEqual(Object.keys(reply.days[0].levels), LEVELS);
  await page.getByRole("heading", {name: "The last 30 days"}).waitFor();
}
