// The devices that an account knows, and the one that it trusts.
import {assert, heading, person, setUpApp, signIn, signOut, signUp, told, totp} from "./world.mjs";

const remember = (page) => page.getByLabel("Don't ask again on this device for 30 days");

export async function a_browser_that_is_remembered_is_asked_once_until_it_is_forgotten() {
  const page = await (await person()).newPage();
  await signUp(page, "remy");
  await page.goto("/account/security");
  const secret = await setUpApp(page);
  await signOut(page);
  await signIn(page, "remy");
  await heading(page, "One more step");
  // A recovery code is no reason to ask for none.
  await page.getByRole("button", {name: "Use a recovery code"}).click();
  await page.getByLabel("Recovery code").waitFor();
  assert.equal(await remember(page).count(), 0);
  await page.getByRole("button", {name: "Use the authenticator app"}).click();
  await remember(page).check();
  // The code that is spent was of this step or the one before; the next one is taken already.
  await page.getByLabel("Code from your authenticator app").fill(totp(secret, 1));
  await page.getByRole("button", {name: "Verify"}).click();
  await heading(page, "Profile");
  await signOut(page);
  await signIn(page, "remy");
  await heading(page, "Profile");

  await page.goto("/account/sessions");
  const row = page.locator(".item", {hasText: "No second factor until"});
  await row.getByText("This device").waitFor();
  await row.getByRole("button", {name: /^Forget: /}).click();
  await told(page, "Forgotten.");
  await row.waitFor({state: "detached"});
  await signOut(page);
  await signIn(page, "remy");
  await heading(page, "One more step");
}
