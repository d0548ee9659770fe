// How the pages of administration look.
import {heading, signIn} from "./world.mjs";
import {gallery} from "./look.mjs";

const ADMIN = [
  "/admin",
  "/admin/users",
  "/admin/users/1",
  "/admin/users/2?tab=sign_in",
  "/admin/users/2?tab=sessions",
  "/admin/users/2?tab=keys",
  "/admin/users/2?tab=activity",
  "/admin/users/2?tab=danger",
  "/admin/api-keys",
  "/admin/roles",
  "/admin/clients",
  "/admin/keys",
  "/admin/audit",
  "/admin/mail",
  "/admin/settings",
  "/admin/invitations",
  "/admin/users/999999",
];

export async function gallery_of_administration() {
  await gallery(ADMIN, async (page) => {
    await signIn(page, "root");
    await heading(page, "Profile");
  });
}
