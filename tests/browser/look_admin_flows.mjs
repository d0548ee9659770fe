// How the pages of administration look.
import {heading, signIn} from "./world.mjs";
import {gallery} from "./look.mjs";

const PEOPLE = [
  "/admin/users",
  "/admin/users/1",
  "/admin/users/2?tab=sign_in",
  "/admin/users/2?tab=sessions",
  "/admin/users/2?tab=keys",
  "/admin/users/2?tab=activity",
  "/admin/users/2?tab=danger",
  "/admin/users/999999",
  "/admin/invitations",
];

const HOUSE = [
  "/admin",
  "/admin/api-keys",
  "/admin/roles",
  "/admin/clients",
  "/admin/keys",
  "/admin/audit",
  "/admin/mail",
  "/admin/settings",
];

const asRoot = async (page) => {
  await signIn(page, "root");
  await heading(page, "Profile");
};

export async function gallery_of_people() {
  await gallery(PEOPLE, asRoot);
}

export async function gallery_of_the_house() {
  await gallery(HOUSE, asRoot);
}
