// The tabs of an account in the administration, the API keys of everybody, the settings with their
// sources, and the activity that people see of their own account.
import {assert, at, heading, person, signIn, signUp, told, world} from "./world.mjs";

async function administrator(path) {
  const page = await (await person()).newPage();
  await signIn(page, "root", world.password, `/signin?return_to=${encodeURIComponent(path)}`);
  await page.locator(".content h1").waitFor();
  return page;
}

async function userPage(name) {
  const page = await administrator(`/admin/users?search=${name}`);
  await page.getByRole("link", {name}).first().click();
  await heading(page, name);
  return page;
}

const tab = (page, name) => page.getByRole("tab", {name, exact: true});
const panel = (page, name) => page.getByRole("tabpanel", {name, exact: true});

async function addKey(page, name) {
  await page.goto("/account/keys");
  await page.getByRole("button", {name: "Create an API key"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", {name: "Create an API key"}).click();
  await page.getByRole("button", {name: "I have saved it"}).click();
}

export async function tabs_go_by_the_keyboard_and_stay_in_the_address() {
  await signUp(await (await person()).newPage(), "tabea");
  const page = await userPage("tabea");
  const opens = async (key, name, address) => {
    await page.keyboard.press(key);
    await page.waitForFunction((text) => document.activeElement.textContent === text, name);
    assert.equal(await tab(page, name).getAttribute("aria-selected"), "true");
    await panel(page, name).waitFor();
    assert.equal(await page.getByRole("tabpanel").count(), 1);
    await at(page, address);
  };
  await tab(page, "Profile").focus();
  await opens("ArrowRight", "Sign-in", /tab=sign_in/);
  await opens("End", "Danger", /tab=danger/);
  await opens("ArrowRight", "Profile", /users\/\d+$/);
  await opens("ArrowLeft", "Danger", /tab=danger/);
  await opens("Home", "Profile", /users\/\d+$/);
  // One stop for the tab key, and then what the panel shows.
  assert.equal(await page.locator('[role="tab"][tabindex="0"]').count(), 1);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "tabpanel");

  await tab(page, "Sessions").click();
  await panel(page, "Sessions").getByText("Applications with access").waitFor();
  await page.reload();
  await panel(page, "Sessions").getByText("Applications with access").waitFor();
  await page.getByRole("link", {name: "Roles"}).first().click();
  await heading(page, "Roles");
  await page.goBack();
  await panel(page, "Sessions").getByText("Applications with access").waitFor();
  await at(page, /tab=sessions/);
}

export async function a_search_does_not_take_the_address_of_the_next_page() {
  await signUp(await (await person()).newPage(), "sonja");
  const page = await administrator("/admin/users");
  let arrive;
  const searched = new Promise((resolve) => {
    arrive = resolve;
  });
  // The page of the person takes longer than the search waits for another key.
  await page.route("**/api/v1/admin/users/*", async (route) => {
    await searched;
    await route.continue();
  });
  page.on("request", (request) => {
    if (request.url().includes("search=son")) arrive();
  });
  await page.getByRole("searchbox").fill("son");
  await page.getByRole("link", {name: "sonja"}).first().click();
  await heading(page, "sonja");
  await at(page, /users\/\d+$/);
  await page.reload();
  await heading(page, "sonja");
}

export async function a_tab_that_fails_can_be_tried_again() {
  await signUp(await (await person()).newPage(), "fabian");
  const page = await userPage("fabian");
  const lost = "**/api/v1/admin/users/*/api-keys";
  await page.route(lost, (route) =>
    route.fulfill({status: 429, json: {error: "rate_limited", message: "Later."}}),
  );
  await tab(page, "API keys").click();
  await panel(page, "API keys").getByRole("alert").waitFor();
  await page.unroute(lost);
  await panel(page, "API keys").getByRole("button", {name: "Try again"}).click();
  await panel(page, "API keys").getByText("No API keys.").waitFor();
}

export async function the_tabs_fit_a_telephone() {
  await signUp(await (await person()).newPage(), "paula");
  const page = await userPage("paula");
  await page.setViewportSize({width: 320, height: 700});
  for (const name of ["Sign-in", "Sessions", "API keys", "Activity", "Danger", "Profile"]) {
    await tab(page, name).click();
    await panel(page, name).locator("h2").first().waitFor();
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(beyond, 0, name);
  }
  // A tab that a link opens is in sight.
  await page.goto(`${page.url().split("?")[0]}?tab=danger`);
  await panel(page, "Danger").waitFor();
  await page.waitForFunction(() => {
    const list = document.querySelector('[role="tablist"]').getBoundingClientRect();
    const here = document.querySelector('[aria-selected="true"]').getBoundingClientRect();
    return here.right <= list.right + 1 && here.left >= list.left - 1;
  });
}

export async function an_email_is_vouched_for_and_a_lock_is_seen() {
  await signUp(await (await person()).newPage(), "vera");
  const guesser = await (await person()).newPage();
  await signIn(guesser, "vera", "wrong wrong wrong");
  await guesser.getByRole("alert").waitFor();
  const page = await userPage("vera");
  await page.getByText("Failed sign-ins in a row: 1").waitFor();
  await page.getByRole("button", {name: "End waiting time"}).click();
  await page.getByText("No failed sign-ins since the last that succeeded.").waitFor();
  const marks = async (name) => {
    await page.getByRole("button", {name, exact: true}).click();
    await page.getByRole("dialog").getByRole("button", {name, exact: true}).click();
    await told(page, "Saved.");
  };
  await page.getByText("vera@example.org is not confirmed.").waitFor();
  await marks("Mark as confirmed");
  await page.getByText("vera@example.org is confirmed.").waitFor();
  assert.equal(await page.getByText("Email not confirmed").count(), 0);
  await marks("Mark as not confirmed");
  await page.getByText("vera@example.org is not confirmed.").waitFor();
  await tab(page, "Sign-in").click();
  await panel(page, "Sign-in").getByText("A password is set").waitFor();
  await panel(page, "Sign-in").getByText("No linked accounts.").waitFor();
  await tab(page, "Activity").click();
  await panel(page, "Activity").getByText("Email marked as not confirmed").waitFor();
}

export async function api_keys_of_everybody_are_found_and_revoked() {
  const kim = await (await person()).newPage();
  await signUp(kim, "kimberly");
  await addKey(kim, "nightly report");
  await addKey(kim, "backup of photos");
  const page = await administrator("/admin/api-keys?search=kimberly");
  const rows = page.locator("tbody tr");
  await page.getByText("Shown: 2").waitFor();
  await page.getByLabel("Order").selectOption("-last_used");
  await at(page, /sort=-last_used/);
  await page.getByRole("searchbox").fill("kimberly nightly");
  await page.getByText("Shown: 1").waitFor();
  await rows.getByText("authd_pat_").waitFor();
  await page.getByRole("button", {name: "Revoke: nightly report (kimberly)"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Revoke", exact: true}).click();
  await told(page, "Revoked.");
  await page.getByText("No API key was found.").waitFor();
  await page.getByRole("searchbox").fill("photos");
  await rows.getByRole("link", {name: "kimberly"}).click();
  await panel(page, "API keys").getByText("backup of photos").waitFor();
}

export async function settings_tell_where_they_come_from() {
  const page = await administrator("/admin/settings");
  const found = page.locator(".setting");
  await page.getByRole("searchbox").fill("branding.name");
  const name = found.filter({hasText: "branding.name"}).first();
  await name.getByText("Fjord").waitFor();
  await name.getByText("From: --branding.name").waitFor();
  await page.getByRole("searchbox").fill("server.public_url");
  await found.getByText("From: AUTHD_SERVER_PUBLIC_URL").first().waitFor();
  await page.getByRole("searchbox").fill("");
  await page.waitForFunction(() => document.querySelectorAll(".setting").length > 50);
  const all = await found.count();
  await page.getByLabel("Only changed from the default").check();
  await page.waitForFunction(
    (before) => document.querySelectorAll(".setting").length < before,
    all,
  );
  for (const text of await found.allTextContents()) assert.doesNotMatch(text, /From: the default/);
  const shown = await found.count();
  await page.getByRole("status").getByText(`Found: ${shown}`).waitFor();
  await page.getByRole("searchbox").fill("no such thing");
  await page.getByRole("status").getByText("Found: 0").waitFor();
}

export async function people_see_what_happened_to_their_account() {
  const nina = await (await person()).newPage();
  await signUp(nina, "nina");
  const guesser = await (await person()).newPage();
  await signIn(guesser, "nina", "wrong wrong wrong");
  await guesser.getByRole("alert").waitFor();
  const page = await userPage("nina");
  await page.getByLabel("First name").fill("Nina");
  await page.getByRole("button", {name: "Save changes"}).click();
  await told(page, "Saved.");
  await nina.getByRole("link", {name: "Activity"}).click();
  await heading(nina, "Activity");
  const items = nina.locator(".item");
  await items.filter({hasText: "Profile changed"}).getByText("by an administrator").waitFor();
  await items.filter({hasText: "Sign-in"}).getByText("refused").waitFor();
  await items.filter({hasText: "Sign-up"}).waitFor();
  assert.equal(await nina.getByText("root").count(), 0);
  // More than the server looks at in one go.
  const page_of = (events, next) => ({events, next, looked_to: "2026-01-02T00:00:00Z"});
  const old = {
    id: 3,
    created_at: "2026-01-01T00:00:00Z",
    action: "an_action_of_the_future",
    outcome: "ok",
    by: "operator",
    address: null,
    target: null,
  };
  await nina.route("**/users/me/activity?**", (route) => {
    const before = new URL(route.request().url()).searchParams.get("before");
    const reply = {null: page_of([], "9"), 9: page_of([], "5"), 5: page_of([old], null)};
    return route.fulfill({json: reply[before]});
  });
  await nina.reload();
  await nina.getByText("an action of the future").waitFor();
  await nina.getByText("by the operator of the server").waitFor();
}
