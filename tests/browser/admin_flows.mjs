// Administration.
import {assert, at, heading, mailTo, person, signIn, signUp, told, world} from "./world.mjs";

async function administrator(path) {
  const page = await (await person()).newPage();
  await signIn(page, "root", world.password, `/signin?return_to=${path}`);
  await page.locator(".content h1").waitFor();
  return page;
}

export async function administration_is_for_administrators() {
  const page = await (await person()).newPage();
  await signUp(page, "curious");
  assert.equal(await page.getByRole("link", {name: "Administration"}).count(), 0);
  await page.goto("/admin/users");
  await heading(page, "No access");
}

export async function users_are_found_page_by_page() {
  const page = await administrator("/admin/users");
  const rows = page.locator("tbody tr");
  assert.equal(await rows.count(), 50);
  await page.getByRole("button", {name: "Show more"}).click();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 100);
  await page.getByRole("searchbox").fill("person01");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 10);
  await at(page, /search=person01/);
  await page.getByRole("searchbox").fill("person019@");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.getByRole("link", {name: /Person Number 19/}).click();
  await heading(page, "Person Number 19");
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.getByRole("searchbox").fill("nobody has this name");
  await page.getByText("No user was found.").waitFor();
}

export async function the_list_of_people_keeps_its_place() {
  const page = await administrator("/admin/users?sort=created");
  const rows = page.locator("tbody tr");
  await page.getByText("Filters").click();
  await page.getByLabel("Role").selectOption("user");
  await at(page, /role=user/);
  await page.getByRole("button", {name: "Show more"}).click();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 100);
  await page.getByLabel("Order").waitFor();
  const link = rows.nth(80).getByRole("link");
  const name = await link.textContent();
  await link.scrollIntoViewIfNeeded();
  const before = await page.evaluate(() => scrollY);
  assert.ok(before > 0);
  await link.click();
  await page.waitForURL(/users\/\d+$/);
  await page.locator("main:not([aria-busy]) h1").waitFor();
  assert.equal(await page.evaluate(() => scrollY), 0);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 100);
  await page.waitForFunction((place) => scrollY === place, before, {polling: 50});
  assert.equal(await rows.nth(80).getByRole("link").textContent(), name);
  assert.equal(await page.getByLabel("Role").inputValue(), "user");
  await at(page, /role=user/);
}

export async function people_are_narrowed_down() {
  const page = await administrator("/admin/users?role=admin");
  await page.getByText("Found: 1").waitFor();
  assert.equal(await page.getByLabel("Role").inputValue(), "admin");
  await page.getByLabel("Role").selectOption("");
  await page.getByRole("searchbox").fill("person 7");
  await page.getByText("Found: 1").waitFor();
  await page.getByLabel("Status", {exact: true}).selectOption("disabled");
  await page.getByText("No user was found.").waitFor();
  await page.getByLabel("Status", {exact: true}).selectOption("active");
  await page.getByText("Found: 1").waitFor();
  await page.getByLabel("Order").selectOption("-created");
  await at(page, /sort=-created/);
  await page.getByRole("searchbox").fill("example.org person007");
  await page.getByText("Found: 1").waitFor();
}

export async function many_people_are_changed_at_once() {
  const page = await administrator("/admin/users?search=person11");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 10);
  const bar = page.getByRole("region", {name: "Selected users"});
  const dialog = page.getByRole("dialog");
  assert.equal(await bar.isVisible(), false);
  await page.getByLabel("Select Person Number 113").check();
  await page.getByLabel("Select Person Number 114").check();
  await bar.getByText("Selected: 2").waitFor();
  await bar.getByRole("button", {name: "Disable"}).click();
  await dialog.getByRole("button", {name: "Continue"}).click();
  await dialog.getByText("Accounts to disable: 2").waitFor();
  await dialog.getByRole("button", {name: "Disable"}).click();
  await dialog.getByText("Accounts changed: 2").waitFor();
  await dialog.getByRole("button", {name: "Close"}).last().click();
  await page.locator("tr", {hasText: "Number 113"}).getByText("Disabled").waitFor();
  assert.equal(await bar.isVisible(), false);
  // Everybody whom the search finds; two are disabled before.
  await page.getByLabel("Select Person Number 112").check();
  await bar.getByRole("button", {name: "Select all 10"}).click();
  await bar.getByText("Selected: 10").waitFor();
  await bar.getByRole("button", {name: "Disable"}).click();
  await dialog.getByRole("button", {name: "Continue"}).click();
  await dialog.getByText("Nothing to do: 2").waitFor();
  await dialog.getByRole("button", {name: "Close"}).click();
  // Oneself is left out, and what is deleted is counted by the person.
  await page.getByRole("searchbox").fill("root");
  await page.getByText("Found: 1").waitFor();
  await bar.getByRole("button", {name: "Clear the selection"}).click();
  await page.getByLabel("Select root").check();
  await page.getByRole("searchbox").fill("person115");
  await page.getByLabel("Select Person Number 115").check();
  await bar.getByRole("button", {name: "Delete"}).click();
  await dialog.getByRole("button", {name: "Continue"}).click();
  await dialog.getByText("Not possible: 1").waitFor();
  await dialog.getByText("This is your own account").waitFor();
  await dialog.getByLabel("Type 1 to continue").fill("2");
  await dialog.getByRole("button", {name: "Delete"}).click();
  await dialog.getByText("The number does not match.").waitFor();
  await dialog.getByLabel("Type 1 to continue").fill("1");
  await dialog.getByRole("button", {name: "Delete"}).click();
  await dialog.getByText("Accounts changed: 1").waitFor();
  await dialog.getByRole("button", {name: "Close"}).last().click();
  await page.getByText("No user was found.").waitFor();
}

export async function attributes_of_a_user_are_changed() {
  const member = await (await person()).newPage();
  await signUp(member, "dora");
  const page = await administrator("/admin/users?q=dora");
  await page.getByRole("link", {name: /dora/}).click();
  await heading(page, "dora");
  await page.getByLabel("Department").fill("R & <i>D</i>");
  await page.getByLabel("Remark of the office").fill("hush");
  await page.getByRole("button", {name: "Save these details"}).click();
  await told(page, "Saved.");
  await member.reload();
  await member.getByText("R & <i>D</i>").waitFor();
  assert.equal(await member.getByText("hush").count(), 0);
}

export async function everything_is_done_to_a_user() {
  const victim = await (await person()).newPage();
  await signUp(victim, "willi");
  const page = await administrator("/admin/users?q=willi");
  await page.getByRole("link", {name: /willi/}).click();
  await heading(page, "willi");
  const tab = (name) => page.getByRole("tab", {name, exact: true}).click();
  const sure = async (name) => {
    await page.getByRole("button", {name, exact: true}).click();
    await page.getByRole("dialog").getByRole("button", {name, exact: true}).click();
  };
  await sure("Disable");
  await page.getByText("Disabled").first().waitFor();
  await victim.reload();
  await heading(victim, "Sign in to Fjord");
  await signIn(victim, "willi");
  await victim.getByRole("alert").getByText("This account is disabled.").waitFor();
  await page.getByRole("button", {name: "Enable"}).click();
  await page.getByRole("button", {name: "Disable"}).waitFor();
  await page.getByRole("button", {name: "End waiting time"}).click();
  await signIn(victim, "willi");
  await heading(victim, "Profile");
  await victim.goto("/account/keys");
  await victim.getByRole("button", {name: "Create an API key"}).click();
  await victim.getByRole("dialog").getByLabel("Name").fill("script of willi");
  await victim.getByRole("dialog").getByRole("button", {name: "Create an API key"}).click();
  await victim.getByRole("button", {name: "I have saved it"}).click();
  await tab("API keys");
  await page.getByRole("button", {name: "Revoke: script of willi"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Revoke", exact: true}).click();
  await told(page, "Revoked.");
  await tab("Sessions");
  await page.locator(".item-title", {hasText: "Chrome"}).first().waitFor();
  await sure("End all sessions");
  await told(page, "Ended.");
  await victim.reload();
  await heading(victim, "Sign in to Fjord");
  await tab("Sign-in");
  await sure("Email a password link");
  await mailTo("willi@example.org", "Set a new password");
  await tab("Profile");
  await page.getByRole("button", {name: "Grant: admin"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Cancel"}).click();
  await page.getByRole("button", {name: "Grant: admin"}).click();
  await page.getByRole("dialog").getByText("willi will be able to do everything here").waitFor();
  await page.getByRole("dialog").getByRole("button", {name: "Make administrator"}).click();
  await told(page, "Saved.");
  await page.getByRole("button", {name: "Revoke: admin"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Remove administrator role"}).click();
  await told(page, "Saved.");
  await page.getByRole("button", {name: "Grant: admin"}).waitFor();
  await page.getByLabel("First name").fill("Willi");
  await page.getByRole("button", {name: "Save changes"}).click();
  await told(page, "Saved.");
  await tab("Danger");
  await page.getByRole("button", {name: "Delete account"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Type willi to continue").fill("will");
  await dialog.getByRole("button", {name: "Delete permanently"}).click();
  await dialog.getByText("The name does not match.").waitFor();
  await dialog.getByLabel("Type willi to continue").fill("willi");
  await dialog.getByRole("button", {name: "Delete permanently"}).click();
  await heading(page, "Users");
  // The account is gone, and its name is still in the log.
  await page.goto("/admin/audit?user=willi");
  await page.locator("td", {hasText: "Account deleted"}).waitFor();
  const row = page.locator("tr", {hasText: "Account deleted"});
  await row.getByRole("link", {name: "root"}).waitFor();
  await row.getByRole("link", {name: "willi"}).waitFor();
}

export async function after_a_while_the_administration_asks_who_it_is() {
  const victim = await (await person()).newPage();
  await signUp(victim, "wiebke");
  const page = await administrator("/admin/users?q=wiebke");
  await page.getByRole("link", {name: /wiebke/}).click();
  await heading(page, "wiebke");
  // As after a quarter of an hour.
  let stale = true;
  const asks = (pattern) =>
    page.route(pattern, (route) =>
      stale && route.request().method() !== "GET"
        ? route.fulfill({
            status: 403,
            contentType: "application/json",
            body: '{"error":"reauthentication_required","message":"again"}',
          })
        : route.continue(),
    );
  const proves = async (name) => {
    const dialog = page.getByRole("dialog", {name: "Is it still you?"});
    await dialog.waitFor();
    stale = false;
    await dialog.getByLabel("Current password").fill(world.password);
    await dialog.getByRole("button", {name: "Confirm"}).click();
    await told(page, name);
    stale = true;
  };
  await asks("**/api/v1/admin/users/**");
  await page.getByRole("button", {name: "End waiting time"}).click();
  await proves("Saved.");
  await page.getByLabel("First name").fill("Wiebke");
  await page.getByRole("button", {name: "Save changes"}).click();
  await proves("Saved.");
  await page.getByRole("heading", {name: "Wiebke", level: 2}).waitFor();

  await page.goto("/admin/clients");
  await asks("**/api/v1/admin/clients");
  await page.getByRole("button", {name: "Add client"}).click();
  await page.getByRole("dialog").getByLabel("Name").fill("reports");
  await page.getByRole("dialog").getByLabel("Kind").selectOption("Server that checks tokens");
  await page.getByRole("dialog").getByRole("button", {name: "Add client"}).click();
  const dialog = page.getByRole("dialog", {name: "Is it still you?"});
  await dialog.getByRole("button", {name: "Close"}).click();
  // Whoever changes their mind is back where they were.
  stale = false;
  await page.getByRole("dialog").getByRole("button", {name: "Add client"}).click();
  await page.getByRole("heading", {name: "reports"}).waitFor();
}

export async function the_last_administrator_stays() {
  const page = await administrator("/admin/users?q=root");
  await page.getByRole("link", {name: /root/}).click();
  await heading(page, "root");
  await page.getByRole("button", {name: "Revoke: admin"}).click();
  await page.getByRole("dialog").getByText("This is your own account").waitFor();
  await page.getByRole("dialog").getByRole("button", {name: "Remove administrator role"}).click();
  await told(
    page,
    "This is the last administrator who can sign in. Make someone else an administrator first.",
  );
  await heading(page, "root");
  // The rest is done on the pages of the account.
  for (const tab of ["Profile", "Sign-in", "Danger"]) {
    await page.getByRole("tab", {name: tab, exact: true}).click();
    const panel = page.getByRole("tabpanel", {name: tab, exact: true});
    await panel.getByText("This is your own account. Manage it").waitFor();
    for (const name of ["Disable", "Delete account", "End all sessions", "Email a password link"])
      assert.equal(await page.getByRole("button", {name}).count(), 0, name);
  }
  assert.equal(await page.getByRole("button", {name: "Try again"}).count(), 0);
}

export async function who_is_no_administrator_any_more_is_shown_so() {
  const root = await administrator("/admin/users");
  const other = await (await person()).newPage();
  await signUp(other, "deputy");
  const change = async (button, label) => {
    await root.goto("/admin/users?q=deputy");
    await root.getByRole("link", {name: /deputy/}).click();
    await root.getByRole("button", {name: button}).click();
    await root.getByRole("dialog").getByRole("button", {name: label}).click();
    await told(root, "Saved.");
  };
  await change("Grant: admin", "Make administrator");
  await other.goto("/admin/users");
  await heading(other, "Users");
  await change("Revoke: admin", "Remove administrator role");
  // An action is refused as well as a page, and both show it.
  await other.getByRole("button", {name: "Add user"}).click();
  const dialog = other.getByRole("dialog");
  await dialog.getByLabel("Username").fill("late");
  await dialog.getByLabel("Password", {exact: true}).fill(world.password);
  await dialog.getByRole("button", {name: "Add user"}).click();
  await heading(other, "No access");
  assert.equal(await dialog.count(), 0);
  assert.equal(await other.getByRole("link", {name: "Administration"}).count(), 0);
  await change("Grant: admin", "Make administrator");
  await other.goto("/admin/users");
  await heading(other, "Users");
  await change("Revoke: admin", "Remove administrator role");
  await other.getByRole("link", {name: "Roles"}).click();
  await heading(other, "No access");
  assert.equal(await other.getByRole("link", {name: "Administration"}).count(), 0);
  assert.equal(await other.getByRole("button", {name: "Try again"}).count(), 0);
}

export async function users_roles_and_keys_are_made() {
  const page = await administrator("/admin/users");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", {name: "Add user"}).click();
  // It is typed once, so it can be looked at.
  const password = dialog.getByLabel("Password", {exact: true});
  await dialog.getByLabel("Username").fill("added");
  await password.fill(world.password);
  await dialog.getByRole("button", {name: "Show password"}).click();
  assert.equal(await password.getAttribute("type"), "text");
  await dialog.getByLabel("admin", {exact: true}).check();
  await dialog.getByRole("button", {name: "Add user"}).click();
  await heading(page, "added");
  await page.getByRole("button", {name: "Revoke: admin"}).waitFor();

  // Or nobody types it here.
  await page.goto("/admin/users");
  await page.getByRole("button", {name: "Add user"}).click();
  await dialog.getByRole("button", {name: "Invite"}).click();
  await dialog.getByLabel("Valid for").waitFor();
  await page.keyboard.press("Escape");

  await page.getByRole("link", {name: "Roles"}).click();
  await heading(page, "Roles");
  await page.getByRole("button", {name: "Add role"}).click();
  await dialog.getByLabel("Role").fill("editor");
  await dialog.getByLabel("Permissions").fill("read, write");
  await dialog.getByRole("button", {name: "Add role"}).click();
  await page.locator("tr", {hasText: "editor"}).getByText("write").waitFor();
  await page.getByRole("button", {name: "Add role"}).click();
  await dialog.getByLabel("Role").fill("editor");
  await dialog.getByRole("button", {name: "Add role"}).click();
  await dialog.getByText(/already/).waitFor();
  await page.keyboard.press("Escape");

  await page.getByRole("link", {name: "Signing keys"}).click();
  await page.getByRole("button", {name: "Rotate keys"}).click();
  await dialog.getByRole("button", {name: "Rotate keys"}).click();
  await told(page, "Keys rotated.");
  await page.getByText("retired").first().waitFor();
}

export async function the_audit_log_is_filtered() {
  const page = await administrator("/admin/audit");
  await page.getByLabel("What").selectOption("login");
  await page.getByRole("button", {name: "Filter"}).click();
  await page.waitForFunction(
    () =>
      document.querySelector('td[data-label="What"]') &&
      [...document.querySelectorAll('td[data-label="What"]')].every((cell) =>
        cell.textContent.includes("Sign-in"),
      ),
  );
  await at(page, /action=login/);
  await page.getByLabel("User").fill("root");
  await page.getByRole("button", {name: "Filter"}).click();
  await at(page, /user=root/);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('td[data-label="By"]')].every(
      (cell) => cell.textContent === "root" || cell.textContent === "–",
    ),
  );
  await page.getByLabel("User").fill("nobody has this name");
  await page.getByRole("button", {name: "Filter"}).click();
  await page.getByText("No events.").waitFor();
  // A word that the log does not know, in an address that was kept, is no filter.
  await page.goto("/admin/audit?action=lgin");
  await page.locator("tbody tr").nth(1).waitFor();
  // An event has a few lines at most on a telephone.
  await page.setViewportSize({width: 360, height: 740});
  const heights = await page
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((one) => one.getBoundingClientRect().height));
  assert.ok(Math.max(...heights) < 140, String(heights));
}

export async function the_user_table_fits_every_width() {
  const page = await administrator("/admin/users");
  const name = "Wolkenstein-Hohenschwangau von und zu Lichtenberg ".repeat(3);
  const reply = await page.evaluate(() =>
    fetch("/api/v1/admin/users?limit=3").then((found) => found.json()),
  );
  const [first] = reply.users;
  Object.assign(first, {
    first_name: "Maximiliane",
    last_name: name,
    email: `${"long".repeat(14)}@${"mail.".repeat(20)}example.org`,
    roles: ["user", "admin", "editor"],
    mfa_enabled: true,
    is_active: false,
  });
  await page.route("**/api/v1/admin/users?**", (route) => route.fulfill({json: reply}));
  for (const width of [360, 768, 1024, 1440, 1920]) {
    await page.setViewportSize({width, height: 800});
    await page.goto("/admin/users");
    await page.locator("td .badge", {hasText: "Disabled"}).waitFor();
    const cut = await page.evaluate(() => {
      const box = document.querySelector(".table").getBoundingClientRect();
      const inside = ({left, right}) => left >= box.left && right <= box.right;
      return [...document.querySelectorAll("th, td, td .badge")]
        .filter((one) => one.checkVisibility() && !one.closest("thead.unseen"))
        .filter((one) => getComputedStyle(one.closest("thead") ?? one).position !== "absolute")
        .filter((one) => !inside(one.getBoundingClientRect()))
        .map((one) => one.textContent);
    });
    assert.deepEqual(cut, [], `cut off at ${width} px`);
    const order = await page.evaluate(() => {
      const [, , state, email] = document.querySelectorAll("tbody tr:first-child td");
      return Boolean(state.querySelector(".badge")) && email.textContent.includes("@");
    });
    assert.ok(order, "the state is before the email");
  }
}

export async function settings_are_searched() {
  const page = await administrator("/admin/settings");
  const keys = page.locator("dt");
  const all = await keys.count();
  await page.getByRole("searchbox").fill("argon2");
  await page.waitForFunction((before) => document.querySelectorAll("dt").length < before, all);
  const found = page.locator(".setting");
  for (const text of await found.allTextContents()) assert.match(text, /argon2/i);
  // By what it says, not only by its name.
  await page.getByRole("searchbox").fill("shortest password");
  await page.locator("dt", {hasText: "passwords.min_length"}).first().waitFor();
  await page.getByRole("searchbox").fill("no such thing");
  await page.getByText("No setting contains").waitFor();
}

export async function the_outbox_is_shown_and_dead_mail_is_dealt_with() {
  const page = await administrator("/admin/mail");
  await heading(page, "Mail outbox");
  const mail = {
    id: "00ff",
    kind: "reset_password",
    to: "lost@example.org",
    created_at: "2026-01-01T00:00:00Z",
    attempts: 9,
    dead: true,
    due_at: null,
    last_error: "550 no such mailbox",
  };
  await page.route("**/admin/mail?**", (route) => route.fulfill({json: {mails: [mail]}}));
  await page.getByRole("link", {name: "Failed"}).click();
  await page.getByText("550 no such mailbox").waitFor();
  await page.getByRole("button", {name: "Send now: lost@example.org"}).click();
  await told(page, "This does not exist, or no longer exists.");
}
