// Every page in every language on the smallest screen, and the choice of a language.
import {goOn, misfits, open, SMALL, speak} from "./fit.mjs";
import {assert, heading, mailTo, person, signIn, textsIn, world} from "./world.mjs";

const german = textsIn("de");

const listed = async (page) => (await (await page.request.get("/ui/pages.json")).json()).pages;
const languagesOf = (page) =>
  page.evaluate(() => JSON.parse(document.getElementById("boot").textContent).languages);

async function allFit(page, paths, languages) {
  const wrong = [];
  for (const {tag} of languages) {
    await speak(page, tag);
    await open(page, "/forgot");
    for (const path of paths) {
      await goOn(page, path);
      assert.equal(await page.locator("html").getAttribute("lang"), tag);
      wrong.push(...(await misfits(page)).map((one) => `${tag}: ${one}`));
    }
  }
  assert.deepEqual(wrong, []);
}

// Its id. The person is an administrator.
const firstClient = (page) =>
  page.evaluate(async () => {
    const reply = await fetch("/api/v1/admin/clients", {headers: {Accept: "application/json"}});
    return (await reply.json()).clients[0].client_id;
  });

const filled = ({path}) => `${path.replace("users/:id", "users/1")}?token=x`;

export async function every_page_for_guests_fits_in_every_language() {
  const page = await (await person(SMALL)).newPage();
  await open(page, "/signin");
  const paths = (await listed(page))
    .filter(({access}) => access === "guest" || access === "anyone")
    .map(filled);
  await allFit(page, paths, await languagesOf(page));
}

export async function every_page_for_people_fits_in_every_language() {
  const page = await (await person(SMALL)).newPage();
  await signIn(page, "root");
  await heading(page, "Profile");
  const client = await firstClient(page);
  const paths = (await listed(page))
    .filter(({access}) => access === "user" || access === "admin")
    .map(filled)
    .map((path) => path.replace("clients/:id", `clients/${client}`));
  await allFit(page, paths, await languagesOf(page));
}

export async function every_page_fits_from_right_to_left() {
  const page = await (await person(SMALL)).newPage();
  await signIn(page, "root");
  await heading(page, "Profile");
  const wrong = [];
  await page.evaluate(() => {
    document.documentElement.dir = "rtl";
  });
  const client = await firstClient(page);
  for (const path of (await listed(page)).map(filled)) {
    await goOn(page, path.replace("clients/:id", `clients/${client}`));
    wrong.push(...(await misfits(page)));
  }
  assert.deepEqual(wrong, []);
}

export async function the_choice_of_a_language_is_kept_and_one_catalogue_is_loaded() {
  const page = await (await person({locale: "sv-SE"})).newPage();
  const loaded = [];
  page.on("request", (request) => {
    const found = new URL(request.url()).pathname.match(/^\/ui\/([\w-]+)\.json$/);
    if (found && found[1] !== "pages") loaded.push(found[1]);
  });
  await open(page, "/signin");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  const languages = await languagesOf(page);
  assert.deepEqual(
    await page.locator("#language option").allTextContents(),
    languages.map(({name}) => name),
  );
  for (const {tag} of languages) {
    await page.locator("#language").selectOption(tag);
    await page.locator(`html[lang="${tag}"] #language`).waitFor();
    loaded.length = 0;
    await open(page, "/forgot");
    assert.equal(await page.locator("html").getAttribute("lang"), tag);
    assert.equal(await page.locator("#language").inputValue(), tag);
    assert.deepEqual([...new Set(loaded)], [tag]);
  }
}

export async function a_person_chooses_the_language_of_mails() {
  const page = await (await person({locale: "de-DE"})).newPage();
  await page.goto("/signup");
  await page.getByLabel(german("username")).fill("lotte");
  await page.getByLabel(german("email")).fill("lotte@example.org");
  await page.getByLabel(german("password"), {exact: true}).fill(world.password);
  await page.getByLabel(german("password.repeat")).fill(world.password);
  await page.getByRole("button", {name: german("signup.submit")}).click();
  await heading(page, german("profile.title"));
  assert.equal(await page.getByLabel(german("locale")).inputValue(), "de");
  await mailTo("lotte@example.org", "Guten Tag lotte,");
  await page.getByLabel(german("locale")).selectOption("en");
  await page.getByRole("button", {name: german("save")}).click();
  await page.waitForFunction(() => globalThis.noticed.length > 0, undefined, {polling: 50});
  await page.goto("/account");
  await heading(page, german("profile.title"));
  assert.equal(await page.getByLabel(german("locale")).inputValue(), "en");
}
