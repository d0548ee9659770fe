// Passkeys and security keys, with Chromium's virtual authenticators: making them, signing in with
// them, answering with them, and what goes wrong.
import {
  assert,
  at,
  heading,
  person,
  picture,
  setUpApp,
  signIn,
  signOut,
  signUp,
  told,
  textsIn,
  world,
} from "./world.mjs";
import {
  addPasskey,
  askWithButtonOnly,
  authenticator,
  byButton,
  card,
  keepCodes,
  until,
  USB_KEY,
} from "./authenticators.mjs";

const german = textsIn("de");

// In a page: what the button asks waits until letGo() is called; `asked` is all that was asked.
function holdQuestions() {
  if (!navigator.credentials) return;
  const get = navigator.credentials.get.bind(navigator.credentials);
  globalThis.asked = [];
  const held = new Promise((resolve) => {
    globalThis.letGo = resolve;
  });
  navigator.credentials.get = async (options) => {
    globalThis.asked.push(options);
    if (options.mediation !== "conditional") await held;
    return get(options);
  };
}

// A person with a passkey, who is signed out. `in_page` runs in the pages from then on.
async function withPasskey(name, in_page = null) {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, name);
  await addPasskey(page, device);
  if (in_page) await page.addInitScript(in_page);
  await signOut(page);
  return {page, device};
}

export async function a_passkey_is_added_and_signs_in_with_the_button() {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, "pakka");
  await page.goto("/account/security");
  await card(page).getByText("No passkeys.").waitFor();
  await addPasskey(page, device);
  await told(page, "Passkey added.");
  const row = card(page).locator(".item");
  await row.getByText(/^added .* · last used /).waitFor();
  assert.equal(await row.locator(".badge", {hasText: "second step"}).count(), 0);
  await picture(page, "passkeys-1280-light");
  assert.equal((await device.kept()).length, 1);
  // Not one for the password: the card below still offers an app.
  await page.getByRole("button", {name: "Set up an app"}).waitFor();

  await page.addInitScript(holdQuestions);
  await signOut(page);
  await page.goto("/signin?return_to=/account/sessions");
  assert.equal(
    await page.getByLabel("Username or email").getAttribute("autocomplete"),
    "username webauthn",
  );
  // What was asked at the field ends when the button asks.
  await page.waitForFunction(() => globalThis.asked[0]?.mediation === "conditional");
  await byButton(page).click();
  await page.waitForFunction(() => globalThis.asked.length === 2);
  assert.ok(await page.evaluate(() => globalThis.asked[0].signal.aborted));
  await device.touched(true);
  await page.evaluate(() => globalThis.letGo());
  await heading(page, "Sessions");
  await at(page, ({pathname}) => pathname === "/account/sessions");
}

export async function a_passkey_signs_in_from_the_field_of_the_name() {
  const {page, device} = await withPasskey("auto");
  // Nobody clicks: the browser answers what the page asks when it is shown.
  await device.touched(true);
  await page.goto("/signin?return_to=/account/data");
  await heading(page, "Your data");
}

export async function the_question_at_the_field_is_renewed_and_ends_with_the_page() {
  const page = await (await person()).newPage();
  await authenticator(page);
  let asked = 0;
  const isQuestion = (request) => request.url().endsWith("/auth/passkey/options");
  page.on("request", (request) => isQuestion(request) && (asked += 1));
  await page.clock.install();
  const first = page.waitForRequest(isQuestion);
  await page.goto("/signin");
  await first;
  const second = page.waitForRequest(isQuestion);
  await page.clock.fastForward("04:10");
  await second;
  assert.equal(asked, 2);
  await page.getByRole("link", {name: "Create an account"}).click();
  await heading(page, "Create your Fjord account");
  await page.clock.fastForward("04:10");
  const third = page.waitForRequest(isQuestion);
  await page.getByRole("link", {name: "Sign in", exact: true}).click();
  await third;
  assert.equal(asked, 3);
}

export async function a_password_works_beside_what_the_browser_offers() {
  const {page} = await withPasskey("beide");
  await signIn(page, "beide", "wrong password");
  await page.getByRole("alert").getByText("The username, email or password is wrong.").waitFor();
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.keyboard.press("Enter");
  // A passkey alone does not make logins with a password ask for more.
  await heading(page, "Profile");
}

export async function a_passkey_is_renamed_and_removed() {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, "renate");
  await addPasskey(page, device);
  await page.getByRole("button", {name: "Rename: Passkey (Linux)"}).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Name").inputValue(), "Passkey (Linux)");
  await dialog.getByLabel("Name").fill("");
  await dialog.getByRole("button", {name: "Save changes"}).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Name").fill("<b>Laptop</b>");
  await dialog.getByRole("button", {name: "Save changes"}).click();
  await card(page).locator(".item-title", {hasText: "<b>Laptop</b>"}).waitFor();
  await page.reload();
  const remove = page.getByRole("button", {name: "Remove: <b>Laptop</b>"});
  await remove.click();
  await dialog.getByRole("button", {name: "Cancel"}).click();
  await remove.click();
  await dialog.getByText("You will no longer be able to sign in with “<b>Laptop</b>”").waitFor();
  await dialog.getByRole("button", {name: "Remove"}).click();
  await told(page, "Passkey removed.");
  await card(page).getByText("No passkeys.").waitFor();
  // The browser hears of it, and offers it no more.
  await until(async () => (await device.kept()).length === 0, "the device forgets the passkey");
}

export async function devices_learn_a_new_name() {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, "namira");
  await addPasskey(page, device);
  await page.goto("/account");
  await page.getByLabel("Username").fill("namira2");
  await page.getByLabel("First name").fill("Namira");
  await page.getByRole("button", {name: "Save changes"}).click();
  await told(page, "Saved.");
  await until(
    async () => (await device.kept())[0].userName === "namira2",
    "the device has the new name",
  );
  assert.equal((await device.kept())[0].userDisplayName, "Namira");
}

export async function a_passkey_that_was_removed_elsewhere_is_refused_and_forgotten() {
  const {page, device} = await withPasskey("elsa", askWithButtonOnly);
  const elsewhere = await (await person()).newPage();
  await signIn(elsewhere, "elsa", world.password, "/signin?return_to=/account/security");
  await elsewhere.getByRole("button", {name: "Remove: Passkey (Linux)"}).click();
  await elsewhere.getByRole("dialog").getByRole("button", {name: "Remove"}).click();
  await told(elsewhere, "Passkey removed.");

  await device.touched(true);
  await byButton(page).click();
  await page.getByRole("alert").getByText("This passkey is no longer known here.").waitFor();
  await until(async () => (await device.kept()).length === 0, "the device forgets the passkey");
  await signIn(page, "elsa");
  await heading(page, "Profile");
}

export async function a_prompt_that_is_cancelled_leaves_a_calm_page() {
  const {page, device} = await withPasskey("carla", askWithButtonOnly);
  await device.verifies(false); // As when somebody cancels at the fingerprint.
  await device.touched(true);
  await byButton(page).click();
  await page.getByRole("status").getByText("This was cancelled, or it took too long.").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  await picture(page, "signin-passkey-cancelled-1280-light");
  await device.verifies(true);
  await byButton(page).click();
  await heading(page, "Profile");

  await page.goto("/account/security");
  await device.touched(true);
  await card(page).getByRole("button", {name: "Add a passkey"}).click();
  await card(page).getByText("This device already has a passkey for your account.").waitFor();
  assert.equal(await card(page).locator(".item").count(), 1);
}

export async function a_device_without_a_passkey_leaves_a_calm_page() {
  const page = await (await person()).newPage();
  await page.addInitScript(askWithButtonOnly);
  const device = await authenticator(page);
  await page.goto("/signin");
  await device.touched(true);
  await byButton(page).click();
  await page.getByRole("status").getByText("This was cancelled, or it took too long.").waitFor();
  await signIn(page, "root");
  await heading(page, "Profile");
}

export async function a_security_key_is_asked_for_after_the_password() {
  const page = await (await person()).newPage();
  const key = await authenticator(page, USB_KEY);
  await signUp(page, "usbert");
  await addPasskey(page, key, "Security key");
  await told(page, "Security key added.");
  await card(page).locator(".badge", {hasText: "Only as a second step"}).waitFor();
  await card(page, "Second factor").getByText("Second factor on").waitFor();

  await signOut(page);
  await signIn(page, "usbert", world.password, "/signin?return_to=/account/data");
  await heading(page, "One more step");
  await page.getByText("Your account is protected by a passkey or a security key.").waitFor();
  assert.equal(await page.locator(".card input:not([type=checkbox])").count(), 0);
  const use = page.getByRole("button", {name: "Use a passkey or security key"});
  assert.ok(await use.evaluate((button) => button === document.activeElement));
  await picture(page, "second-step-passkey-1280-light");
  await key.touched(true);
  await use.click();
  await heading(page, "Your data");
}

export async function a_passkey_takes_the_place_of_a_code() {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, "doppel");
  await addPasskey(page, device);
  await setUpApp(page);

  await signOut(page);
  await signIn(page, "doppel");
  await heading(page, "One more step");
  await page.getByLabel("Code from your authenticator app").waitFor();
  await device.touched(true);
  await page.getByRole("button", {name: "Use a passkey or security key"}).click();
  await heading(page, "Profile");

  // A passkey that signs in alone is two factors.
  await page.addInitScript(askWithButtonOnly);
  await signOut(page);
  await byButton(page).click();
  await heading(page, "Profile");
}

export async function a_passkey_is_a_proof() {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, "proba");
  await addPasskey(page, device);
  await page.goto("/account");
  // As after a quarter of an hour.
  let stale = true;
  await page.route("**/api/v1/users/me", (route) =>
    stale && route.request().method() === "PATCH"
      ? route.fulfill({status: 403, json: {error: "reauthentication_required", message: "again"}})
      : route.continue(),
  );
  await page.getByLabel("Username").fill("probate");
  await page.getByRole("button", {name: "Save changes"}).click();
  const proof = page.getByRole("dialog", {name: "Is it still you?"});
  await proof.getByLabel("Current password").waitFor();
  const use = proof.getByRole("button", {name: "Use a passkey"});
  await device.verifies(false);
  await device.touched(true);
  await use.click();
  await proof.getByText("This was cancelled, or it took too long.").waitFor();
  await picture(page, "proof-passkey-1280-light");
  await device.verifies(true);
  stale = false;
  await use.click();
  await told(page, "Saved.");
  await page.getByRole("heading", {name: "probate"}).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
}

export async function who_has_no_passkey_is_not_asked_for_one_as_a_proof() {
  const page = await (await person()).newPage();
  await authenticator(page);
  await signUp(page, "ohne");
  let stale = true;
  await page.route("**/users/me/passkeys/options", (route) =>
    stale
      ? route.fulfill({status: 403, json: {error: "reauthentication_required", message: "again"}})
      : route.continue(),
  );
  await page.goto("/account/security");
  await card(page).getByRole("button", {name: "Add a passkey"}).click();
  const proof = page.getByRole("dialog", {name: "Is it still you?"});
  await proof.getByLabel("Current password").fill(world.password);
  assert.equal(await proof.getByRole("button", {name: "Use a passkey"}).count(), 0);
  // Whoever gives up here has seen no prompt.
  await page.keyboard.press("Escape");
  await proof.waitFor({state: "detached"});
  stale = false;
  await card(page).getByText("No passkeys.").waitFor();
}

export async function a_passkey_is_recommended_until_there_is_one() {
  const page = await (await person()).newPage();
  const device = await authenticator(page);
  await signUp(page, "hinnerk");
  const hint = page.getByText("Sign in faster next time:");
  await hint.waitFor();
  await page.getByRole("button", {name: "Not now"}).click();
  await hint.waitFor({state: "detached"});
  await page.reload();
  await heading(page, "Profile");
  assert.equal(await hint.count(), 0);
  // As after a month.
  await page.context().clearCookies({name: "authd_passkey_later"});
  await page.reload();
  await page.getByRole("link", {name: "add a passkey"}).click();
  await heading(page, "Security");
  await addPasskey(page, device);
  await page.goto("/account");
  await heading(page, "Profile");
  assert.equal(await hint.count(), 0);
}

export async function passkeys_speak_german() {
  const page = await (await person({locale: "de-DE"})).newPage();
  await page.addInitScript(askWithButtonOnly);
  const device = await authenticator(page);
  await page.goto("/signin?return_to=/account/security");
  await page.getByRole("button", {name: german("signin.by_passkey")}).waitFor();
  await device.touched(true);
  await page.getByRole("button", {name: german("signin.by_passkey")}).click();
  await page.getByText(german("error.passkey_cancelled")).waitFor();
  await page.getByLabel(german("signin.login")).fill("root");
  await page.getByLabel(german("password"), {exact: true}).fill(world.password);
  await page.getByRole("button", {name: german("signin.submit"), exact: true}).click();
  await card(page).getByText(german("passkeys.text")).waitFor();
  await card(page)
    .getByRole("button", {name: german("passkeys.add")})
    .click();
  await told(page, german("passkeys.added"));
  await keepCodes(page, german("mfa.kept"));
  await page.getByRole("button", {name: `${german("passkeys.rename")}: Passkey (Linux)`}).waitFor();
  await page.getByRole("button", {name: `${german("passkeys.remove")}: Passkey (Linux)`}).click();
  await page
    .getByRole("dialog")
    .getByRole("button", {name: german("passkeys.remove")})
    .click();
  await told(page, german("passkeys.removed"));
}

export async function a_server_without_passkeys_says_so() {
  const page = await (await person({baseURL: world.fresh})).newPage();
  await page.goto(`/setup?${world.setup}`);
  await page.getByLabel("Username").fill("boss");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
  await page.getByRole("button", {name: "Create administrator"}).click();
  await heading(page, "Overview");
  await page.goto("/account/security");
  await card(page).getByText("Passkeys cannot be used here.").waitFor();
  assert.equal(await page.getByRole("button", {name: "Add a passkey"}).count(), 0);
  await page.goto("/account");
  await heading(page, "Profile");
  assert.equal(await page.getByText("Sign in faster next time:").count(), 0);
  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByLabel("Username or email").waitFor();
  assert.equal(await byButton(page).count(), 0);
  assert.equal(await page.getByLabel("Username or email").getAttribute("autocomplete"), "username");
}
