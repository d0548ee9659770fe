// How the pages of an account look, with a dialog, an error and another accent.
import {heading, person, picture, signIn, world} from "./world.mjs";
import {gallery, serious} from "./look.mjs";

const ACCOUNT = [
  "/account",
  "/account/security",
  "/account/sessions",
  "/account/apps",
  "/account/linked",
  "/account/keys",
  "/account/activity",
  "/account/data",
];

export async function gallery_of_the_account() {
  await gallery(ACCOUNT, async (page) => {
    await signIn(page, "root");
    await heading(page, "Profile");
  });
}

export async function gallery_of_dialogs_errors_and_another_accent() {
  const page = await (
    await person({bypassCSP: true, reducedMotion: "reduce", viewport: {width: 360, height: 740}})
  ).newPage();
  await signIn(page, "root", "wrong");
  await page.getByRole("alert").waitFor();
  await picture(page, "signin-error-360-light");
  await serious(page, "sign-in with an error");
  await signIn(page, "root", world.password, "/signin?return_to=/account/data");
  await page.getByRole("button", {name: "Delete your account"}).click();
  await page.getByRole("dialog").waitFor();
  await picture(page, "delete-dialog-360-light");
  await serious(page, "the dialog of deletion");
  const other = await (await person({baseURL: world.fresh, locale: "de-DE"})).newPage();
  await other.goto("/signin");
  await other.locator("main:not([aria-busy]) h1").waitFor();
  await picture(other, "signin-yellow-german-1280-light");
}
