// The terms at a sign-up, and what a sign-in may still ask for: the terms, and a new password.
import {looksGood} from "./look.mjs";
import {assert, at, heading, person, signIn, told, world} from "./world.mjs";

const NEW = "fjord lantern gravel 9";

const small = (more = {}) =>
  person({viewport: {width: 320, height: 640}, bypassCSP: true, reducedMotion: "reduce", ...more});

async function acceptTerms(page, button) {
  await page.getByRole("button", {name: button}).click();
  await page.getByText("Accept the terms to continue.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.type), "checkbox");
  const link = page.getByRole("link", {name: "Read the terms"});
  assert.equal(await link.getAttribute("href"), world.terms);
  assert.equal(await link.getAttribute("target"), "_blank");
  await page.getByLabel("I have read the terms and accept them.").check();
  await page.getByRole("button", {name: button}).click();
}

async function setPassword(page, password) {
  await page.getByLabel("New password").fill(password);
  await page.getByLabel("Repeat the password").fill(password);
  await page.getByRole("button", {name: "Set password"}).click();
}

export async function a_sign_up_accepts_the_terms() {
  const page = await (await small()).newPage();
  await page.goto("/signup");
  await page.getByLabel("Username").fill("nora");
  await page.getByLabel("Email").fill("nora@example.org");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
  await acceptTerms(page, "Create account");
  await heading(page, "Profile");
  await page.context().clearCookies();
  await signIn(page, "nora");
  await heading(page, "Profile");
}

export async function the_page_of_a_sign_up_looks_good() {
  const page = await (await small()).newPage();
  await page.goto("/signup");
  await page.getByLabel("I have read the terms and accept them.").waitFor();
  await looksGood(page, "terms-signup");
}

export async function a_sign_in_takes_both_steps() {
  const page = await (await small()).newPage();
  await signIn(page, "tess", world.password, "/signin?return_to=%2Faccount%2Fsecurity");
  await heading(page, "Our terms");
  await looksGood(page, "terms-step");
  await acceptTerms(page, "Accept and continue");
  await heading(page, "Set a new password");
  await looksGood(page, "password-step");
  await setPassword(page, world.password);
  await page.getByText("This is already your password. Choose a different one.").waitFor();
  await setPassword(page, NEW);
  await heading(page, "Security");
  await at(page, ({pathname}) => pathname === "/account/security");
  await page.context().clearCookies();
  await signIn(page, "tess", NEW);
  await heading(page, "Profile");
}

export async function a_sign_in_that_is_left_begins_again() {
  const page = await (await person()).newPage();
  await signIn(page, "tilda");
  await heading(page, "Our terms");
  await page.getByRole("link", {name: "Start over"}).click();
  await heading(page, "Sign in to Fjord");
  await signIn(page, "tilda");
  await heading(page, "Our terms");
  await page.getByLabel("I have read the terms and accept them.").check();
  await page.getByRole("button", {name: "Accept and continue"}).click();
  await heading(page, "Profile");
}

export async function without_scripts() {
  const page = await (await person({javaScriptEnabled: false})).newPage();
  await page.goto(`/signin?return_to=${encodeURIComponent(`${world.base}/oauth2/authorize/x`)}`);
  await page.getByLabel("Username or email").fill("plain");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByRole("button", {name: "Sign in"}).click();
  await heading(page, "Our terms");
  await page.getByRole("link", {name: "Read the terms"}).waitFor();
  await page.getByRole("button", {name: "Accept and continue"}).click();
  await heading(page, "Set a new password");
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", {name: "Set password"}).click();
  await page.getByText("Use at least 8 characters").waitFor();
  await page.getByLabel("New password").fill(NEW);
  await page.getByRole("button", {name: "Set password"}).click();
  await at(page, ({pathname}) => pathname === "/oauth2/authorize/x");
}

export async function an_administrator_asks_for_a_new_password() {
  const page = await (await person()).newPage();
  await signIn(page, "root", world.password, "/signin?return_to=%2Fadmin%2Fusers%3Fsearch%3Droot");
  await page.getByLabel("I have read the terms and accept them.").check();
  await page.getByRole("button", {name: "Accept and continue"}).click();
  await heading(page, "Users");
  await page.goto("/admin/users?search=stella");
  await page.getByRole("link", {name: "stella"}).first().click();
  await heading(page, "stella");
  await page.getByRole("tab", {name: "Sign-in", exact: true}).click();
  await page.getByText("The next sign-in does not ask for a new password.").waitFor();
  await page.getByRole("button", {name: "Require a new one"}).click();
  await told(page, "Saved.");
  await page.getByText("The next sign-in asks for a new password.").waitFor();
  const other = await (await person()).newPage();
  await signIn(other, "stella");
  await heading(other, "Our terms");
  await other.getByLabel("I have read the terms and accept them.").check();
  await other.getByRole("button", {name: "Accept and continue"}).click();
  await heading(other, "Set a new password");
  await page.getByRole("button", {name: "Do not require it"}).click();
  await page.getByText("The next sign-in does not ask for a new password.").waitFor();
  await other.goto("/signin");
  await signIn(other, "stella");
  await heading(other, "Profile");
}
