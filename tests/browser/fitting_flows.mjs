// What has no address of its own, on the smallest screen: tabs, dialogs, what a choice or an answer
// adds to a page. Every page by itself is in languages_flows.mjs.
import {administered, client} from "./application.mjs";
import {goOn, misfits, open, SMALL, speak} from "./fit.mjs";
import {answer} from "./statistics_answer.mjs";
import {assert, heading, person, signIn, textsIn} from "./world.mjs";

const TABS = ["profile", "sign_in", "sessions", "keys", "activity", "danger"];
const LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft";

async function dialogOf(page, path, button, fits) {
  await goOn(page, path);
  await page.getByRole("button", {name: button, exact: true}).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await fits(`the dialog of ${path}`);
  return dialog;
}

async function closed(page, dialog) {
  await page.keyboard.press("Escape");
  await dialog.waitFor({state: "detached"});
}

// `say` has the texts of the language; `fits` looks, and notes what does not.
async function openAll(page, say, id, fits) {
  for (const tab of TABS) {
    await goOn(page, `/admin/users/1?tab=${tab}`);
    await page.locator("[role=tabpanel]:not([hidden], [aria-busy]) > *").first().waitFor();
    await fits(`the tab ${tab}`);
  }
  const inviting = await dialogOf(page, "/admin/invitations", say("invitations.add"), fits);
  await closed(page, inviting);

  const adding = await dialogOf(page, "/admin/clients", say("clients.add"), fits);
  const choice = adding.locator("[name=template]");
  const templates = await choice.locator("option").count();
  assert.ok(templates > 10);
  for (const index of [1, templates - 1]) {
    await choice.selectOption({index});
    await fits(`the template ${index}`);
  }
  await closed(page, adding);

  await goOn(page, `/admin/clients/${id}`);
  await page.getByLabel(say("preview.person"), {exact: true}).fill("root");
  await page.getByRole("button", {name: say("preview.show"), exact: true}).click();
  const shown = page.getByRole("group", {name: say("preview.title"), exact: true});
  await shown.getByText(say("preview.access_token"), {exact: true}).waitFor();
  await fits("the claims of the preview");

  await goOn(page, "/account/sessions");
  await page.getByRole("heading", {name: say("devices.title"), exact: true}).waitFor();
  await fits("the devices");
  await goOn(page, "/admin");
  await page.locator(".charts figure").nth(6).waitFor();
  await fits("the charts");
}

async function prepared() {
  const {client_id: id} = await client(LONG.slice(0, 60), {description: `${LONG} `.repeat(2)});
  const email = `${LONG.slice(0, 40)}${id.slice(0, 8)}@example.org`;
  await administered("POST", "invitations", {email});
  const page = await (await person(SMALL)).newPage();
  await page.route("**/api/v1/admin/statistics", (route) => route.fulfill({json: answer()}));
  await signIn(page, "root");
  await heading(page, "Profile");
  return {page, id};
}

export async function what_has_no_address_fits_in_every_language() {
  const {page, id} = await prepared();
  const tags = await page.evaluate(() =>
    JSON.parse(document.getElementById("boot").textContent).languages.map(({tag}) => tag),
  );
  assert.ok(tags.length >= 10);
  const wrong = [];
  for (const tag of tags) {
    await speak(page, tag);
    await open(page, "/forgot");
    await openAll(page, textsIn(tag), id, async (where) => {
      wrong.push(...(await misfits(page)).map((one) => `${tag}, ${where}: ${one}`));
    });
  }
  assert.deepEqual(wrong, []);
}

export async function what_has_no_address_fits_from_right_to_left() {
  const {page, id} = await prepared();
  await page.evaluate(() => {
    document.documentElement.dir = "rtl";
  });
  const wrong = [];
  await openAll(page, textsIn("en"), id, async (where) => {
    assert.equal(await page.evaluate(() => document.dir), "rtl");
    wrong.push(...(await misfits(page)).map((one) => `${where}: ${one}`));
  });
  assert.deepEqual(wrong, []);
}
