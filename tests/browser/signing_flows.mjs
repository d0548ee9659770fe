// Getting in by a password: signing up and in, with everything that can go wrong.
import {
  assert,
  at,
  heading,
  mailTo,
  person,
  signIn,
  signOut,
  signUp,
  titled,
  world,
} from "./world.mjs";

export async function sign_up_validates_while_typing_and_signs_in() {
  const page = await (await person()).newPage();
  await page.goto("/register.html");
  await page.getByRole("button", {name: "Create account"}).click();
  await page.getByText("Please fill this in.").first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "username");
  await page.getByLabel("Username").fill("has space");
  await page.getByLabel("Email").fill("nonsense");
  await page.getByLabel("Password", {exact: true}).fill("short");
  await page.getByText("A username contains no spaces").waitFor();
  await page.getByText("This is not an email address").waitFor();
  await page.getByText(/weak/i).first().waitFor();
  await page.getByLabel("Repeat the password").fill("other");
  await page.getByText("Use at least 8 characters.").waitFor();
  await page.getByRole("button", {name: "Create account"}).click();
  await page.getByText("The passwords do not match.").waitFor();
  await page.getByLabel("Username").fill("nora");
  await page.getByLabel("Email").fill("nora@example.org");
  await page.getByLabel("Password", {exact: true}).fill("fjord lantern gravel 9");
  await page.getByText("Strong").waitFor();
  await page.getByRole("button", {name: "Show password"}).first().click();
  assert.equal(await page.getByLabel("Password", {exact: true}).getAttribute("type"), "text");
  await page.getByLabel("Repeat the password").fill("fjord lantern gravel 9");
  await page.getByRole("button", {name: "Create account"}).click();
  await heading(page, "Profile");
  await at(page, ({pathname}) => pathname === "/account");
  const kept = await page.evaluate(() => [
    localStorage.length,
    sessionStorage.length,
    document.cookie,
  ]);
  assert.deepEqual(kept.slice(0, 2), [0, 0]);
  assert.doesNotMatch(kept[2], /session/);
}

export async function sign_up_with_a_name_that_is_taken() {
  const page = await (await person()).newPage();
  await page.goto("/signup");
  await page.getByLabel("Username").fill("person001");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
  await page.getByRole("button", {name: "Create account"}).click();
  await page.getByText("This username is taken.").waitFor();
  assert.equal(await page.getByLabel("Username").getAttribute("aria-invalid"), "true");
  // Without an email a lost password is lost.
  await page.getByLabel("Username").fill("noemail");
  await page.getByRole("button", {name: "Create account"}).click();
  await page.getByText("Your account has no email.").waitFor();
  await page.getByRole("link", {name: "Add an email"}).click();
  await heading(page, "Security");
}

export async function an_email_is_confirmed_once() {
  const page = await (await person()).newPage();
  await signUp(page, "confirma");
  await page.getByText("Your email is not confirmed yet").waitFor();
  const {link} = await mailTo("confirma@example.org", "Confirm your address");
  await page.goto(link);
  await heading(page, "Confirm your email");
  await at(page, ({search}) => search === "");
  await page.getByRole("button", {name: "Confirm the address"}).waitFor();
  // The token is in no address that could be loaded again.
  await page.reload();
  await page.getByText("Open the link in the email again.").waitFor();
  await page.goto(link);
  await page.getByRole("button", {name: "Confirm the address"}).click();
  await heading(page, "Your email is confirmed");
  await page.getByRole("link", {name: "Account", exact: true}).click();
  await page.getByText("Email confirmed").waitFor();
  await page.goto(link);
  await page.getByText("This link has expired or has already been used.").waitFor();
}

export async function an_email_is_confirmed_with_the_password_elsewhere() {
  await signUp(await (await person()).newPage(), "conrad");
  const page = await (await person()).newPage();
  await page.goto((await mailTo("conrad@example.org", "Confirm your address")).link);
  await page
    .getByText("Confirm that conrad@example.org is the address of the account conrad.")
    .waitFor();
  await page.locator("input[name=password]").fill("wrong password");
  await page.getByRole("button", {name: "Confirm the address"}).click();
  await page.getByText("The password is wrong.").waitFor();
  await page.locator("input[name=password]").fill(world.password);
  await page.getByRole("button", {name: "Confirm the address"}).click();
  await heading(page, "Your email is confirmed");
}

export async function sign_in_wrong_then_right_then_out() {
  const context = await person();
  const page = await context.newPage();
  await signUp(page, "otto");
  await signOut(page);
  await page.goBack();
  await heading(page, "Sign in to Fjord");
  await signIn(page, "otto", "wrong password");
  await page.getByRole("alert").getByText("The username, email or password is wrong.").waitFor();
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.keyboard.press("Enter");
  await heading(page, "Profile");
  const cookies = await context.cookies();
  const session = cookies.find(({name}) => name === "authd_session");
  assert.ok(session.httpOnly && session.sameSite === "Lax");
}

export async function sign_in_with_the_keyboard_alone() {
  const page = await (await person()).newPage();
  await page.goto("/");
  await heading(page, "Sign in to Fjord");
  assert.equal(await page.evaluate(() => document.activeElement.name), "login");
  await page.keyboard.type("root");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "password");
  await page.keyboard.type(world.password);
  await page.keyboard.press("Enter");
  await heading(page, "Profile");
  await page.getByRole("link", {name: "Security"}).focus();
  await page.keyboard.press("Enter");
  await heading(page, "Security");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  await titled(page, "Security · Fjord");
}

export async function a_lost_password_is_set_anew() {
  const page = await (await person()).newPage();
  await signUp(page, "petra");
  await page.goto((await mailTo("petra@example.org", "Confirm your address")).link);
  await page.getByRole("button", {name: "Confirm the address"}).click();
  await heading(page, "Your email is confirmed");
  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByRole("link", {name: "Forgot your password?"}).click();
  await page.getByLabel("Username or email").fill("petra");
  await page.getByRole("button", {name: "Send the link"}).click();
  await heading(page, "Check your email");
  const {link} = await mailTo("petra@example.org", "Set a new password");
  await page.goto(link);
  await heading(page, "Set a new password");
  await at(page, ({search}) => search === "");
  await page.getByLabel("New password").fill("another fjord 77");
  await page.getByLabel("Repeat the password").fill("another fjord 77");
  await page.getByRole("button", {name: "Set password"}).click();
  await heading(page, "Your new password is set");
  await signIn(page, "petra", "another fjord 77");
  await heading(page, "Profile");
  // That it is used up is said before anybody types a password.
  await page.goto(link);
  await page.getByText("This link has expired or has already been used.").waitFor();
  await page.getByRole("link", {name: "Get a new link"}).click();
  await heading(page, "Forgot your password?");
}
