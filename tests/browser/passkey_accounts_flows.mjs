// Accounts that live by passkeys: signing up, links, recovery codes and the first administrator.
import {
  assert,
  heading,
  mailTo,
  person,
  picture,
  signIn,
  signOut,
  told,
  textsIn,
  world,
} from "./world.mjs";
import {
  askWithButtonOnly,
  authenticator,
  byButton,
  card,
  keepCodes,
  USB_KEY,
} from "./authenticators.mjs";

const german = textsIn("de");

// A page whose device is at hand all the time.
async function withDevice(options, more = {}) {
  const page = await (await person(more)).newPage();
  await page.addInitScript(askWithButtonOnly);
  const device = await authenticator(page, options);
  await device.touched(true);
  return {page, device};
}

async function signUpByPasskey(page, name) {
  await page.goto("/signup");
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Email").fill(`${name}@example.org`);
  await page.getByRole("button", {name: "Sign up with a passkey"}).click();
}

// Who has it is in.
async function signedUp(name) {
  const {page, device} = await withDevice();
  await signUpByPasskey(page, name);
  const codes = await keepCodes(page);
  await heading(page, "Profile");
  return {page, device, codes};
}

export async function an_account_begins_with_a_passkey() {
  const {page, codes} = await signedUp("nora");
  assert.equal(codes.length, 10);
  await page.goto("/account/security");
  await card(page).locator(".item-title", {hasText: "Passkey (Linux)"}).waitFor();
  await card(page).getByRole("button", {name: "New recovery codes"}).waitFor();
  await signOut(page);
  await byButton(page).click();
  await heading(page, "Profile");
}

export async function names_are_looked_at_before_the_device_is_asked() {
  const {page, device} = await withDevice();
  await page.goto("/signup");
  await picture(page, "signup-passkey-1280-light");
  await page.getByRole("button", {name: "Sign up with a passkey"}).click();
  await page.getByText("Please fill this in.").waitFor();
  await page.getByLabel("Username").fill("person001");
  await page.getByRole("button", {name: "Sign up with a passkey"}).click();
  await page.getByText("This username is taken.").waitFor();
  assert.equal((await device.kept()).length, 0);
}

export async function a_key_that_lets_nobody_in_makes_no_account() {
  const {page} = await withDevice(USB_KEY);
  await signUpByPasskey(page, "ursula");
  // The browser offers it nowhere, since it can neither keep a passkey nor verify a person.
  await page.locator(".passkey").getByRole("status").locator("p, .message").first().waitFor();
  assert.equal(await page.getByRole("heading", {name: "Profile"}).count(), 0);
}

export async function a_link_of_an_administrator_makes_a_passkey() {
  const {page, device} = await signedUp("lotte");
  const desk = await (await person()).newPage();
  await signIn(desk, "root", world.password, "/signin?return_to=/admin/users");
  await desk.getByRole("searchbox").fill("lotte");
  await desk.getByRole("link", {name: "lotte"}).first().click();
  await desk.getByRole("tab", {name: "Sign-in"}).click();
  await card(desk).locator(".item-title", {hasText: "Passkey (Linux)"}).waitFor();
  await card(desk).getByRole("button", {name: "Create a link"}).click();
  const dialog = desk.getByRole("dialog", {name: "Link for a new passkey"});
  const link = await dialog.locator(".secret code").textContent();
  await picture(desk, "enroll-link-1280-light");
  await dialog.getByRole("button", {name: "I have saved it"}).click();

  const other = await withDevice();
  await other.page.goto(link);
  await heading(other.page, "Create a new passkey");
  await other.page.getByText("For the account lotte.").waitFor();
  assert.ok(!other.page.url().includes("token"));
  await picture(other.page, "enroll-1280-light");
  await other.page.getByRole("button", {name: "Create the passkey"}).click();
  await heading(other.page, "Profile");
  assert.equal((await other.device.kept()).length, 1);
  // The first device is signed out, and its passkey still works.
  await page.goto("/account");
  await byButton(page).click();
  await heading(page, "Profile");
  assert.equal((await device.kept()).length, 1);

  await other.page.context().clearCookies();
  await other.page.goto(link);
  await other.page.getByText("This link is wrong, used or too old.").waitFor();

  await desk.reload();
  const rows = card(desk).locator(".item");
  await rows.nth(1).waitFor();
  await rows
    .first()
    .getByRole("button", {name: /^Remove/})
    .click();
  await desk.getByRole("dialog").getByRole("button", {name: "Remove"}).click();
  await told(desk, "Passkey removed.");
  await rows.nth(1).waitFor({state: "detached"});
}

export async function a_recovery_code_makes_a_passkey() {
  const {codes} = await signedUp("rita");
  const {page} = await withDevice();
  await page.goto("/signin");
  await page.getByRole("link", {name: "Forgot your password?"}).click();
  await page.getByRole("link", {name: "Use a recovery code"}).click();
  await heading(page, "Use a recovery code");
  await picture(page, "recover-1280-light");
  await page.getByLabel("Username or email").fill("rita");
  await page.getByLabel("Recovery code").fill("AAAAAAAA-AAAAAAAA");
  await page.getByRole("button", {name: "Continue"}).click();
  await page.getByText("wrong").first().waitFor();
  await page.getByLabel("Recovery code").fill(codes[0]);
  await page.getByRole("button", {name: "Continue"}).click();
  await heading(page, "Create a new passkey");
  await page.getByRole("button", {name: "Create the passkey"}).click();
  await heading(page, "Profile");
}

export async function the_mail_for_a_forgotten_password_makes_a_passkey() {
  await signedUp("mila");
  const {page} = await withDevice();
  await page.goto("/forgot");
  await page.getByLabel("Username or email").fill("mila");
  await page.getByRole("button", {name: "Send the link"}).click();
  await heading(page, "Check your email");
  const {link} = await mailTo("mila@example.org", "Create a new passkey");
  await page.goto(link);
  await heading(page, "Create a new passkey");
  await page.getByRole("button", {name: "Create the passkey"}).click();
  await keepCodes(page); // Nobody had proved the address, so the earlier ones are void.
  await heading(page, "Profile");
}

export async function who_wants_a_password_instead_sets_one() {
  await signedUp("wanda");
  const {page} = await withDevice();
  await page.goto("/forgot");
  await page.getByLabel("Username or email").fill("wanda");
  await page.getByRole("button", {name: "Send the link"}).click();
  const {link} = await mailTo("wanda@example.org", "Create a new passkey");
  await page.goto(link);
  await page.getByRole("button", {name: "Set a password instead"}).click();
  await page.getByLabel("New password").fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
  await page.getByRole("button", {name: "Set password"}).click();
  await heading(page, "Your new password is set");
  await signIn(page, "wanda");
  await heading(page, "Profile");
}

export async function the_first_administrator_begins_with_a_passkey() {
  const {page} = await withDevice(undefined, {baseURL: world.first});
  await page.goto(`/setup?${world.first_setup}`);
  await picture(page, "setup-passkey-1280-light");
  await page.getByRole("button", {name: "Continue with a passkey"}).click();
  assert.equal((await keepCodes(page)).length, 10);
  await heading(page, "Overview");
  await page.context().clearCookies();
  await page.goto("/signin?return_to=/admin");
  await byButton(page).click();
  await heading(page, "Overview");
}

export async function they_speak_german() {
  const {page} = await withDevice(undefined, {locale: "de-DE"});
  await page.goto("/signup");
  await page.getByLabel(german("username")).fill("gerda");
  await page.getByRole("button", {name: german("signup.by_passkey")}).click();
  await keepCodes(page, german("mfa.kept"));
  await heading(page, german("profile.title"));
  await page.goto("/enroll?token=x");
  await page.getByText(german("enroll.bad")).waitFor();
  await page.context().clearCookies();
  await page.goto("/recover");
  await heading(page, german("recover.title"));
}
