// Accounts by invitation where sign-up is off; and the work that a page does where every sign-up needs it.
import {looksGood} from "./look.mjs";
import {assert, at, heading, mailTo, person, signIn, signUp, told, world} from "./world.mjs";

async function administrator() {
  const page = await (await person()).newPage();
  await signIn(page, "root", world.password, "/signin?return_to=/admin/invitations");
  await heading(page, "Invitations");
  return page;
}

// The dialog of a new invitation, filled in and sent.
async function invite(page, {email = "", delivery = "", role = ""}) {
  await page.getByRole("button", {name: "Invite"}).click();
  const dialog = page.getByRole("dialog");
  if (email) await dialog.getByLabel("Email", {exact: true}).fill(email);
  if (delivery) await dialog.getByLabel("Delivery").selectOption({label: delivery});
  if (role) await dialog.getByLabel(role, {exact: true}).check();
  await dialog.getByRole("button", {name: "Invite"}).click();
}

// An invitation for whoever has the link.
async function madeLink(page, more = {}) {
  await invite(page, more);
  const dialog = page.getByRole("dialog");
  const link = await dialog.locator(".secret code").textContent();
  await dialog.getByRole("button", {name: "I have saved"}).click();
  return link;
}

async function fillIn(page, username) {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
}

const create = (page) => page.getByRole("button", {name: "Create account"}).click();

export async function a_link_makes_one_account_where_nobody_else_signs_up() {
  const root = await administrator();
  const link = await madeLink(root, {role: "editor"});
  assert.ok(link.startsWith(`${world.base}/invite?token=`), link);
  await root.getByRole("row", {name: /Whoever has the link.*0 of 1/}).waitFor();

  const page = await (await person()).newPage();
  await page.goto("/signup");
  await page.getByText("Only the administrators of this service can create accounts.").waitFor();
  await page.goto(link);
  await heading(page, "Create your Fjord account");
  await fillIn(page, "ida");
  await page.getByLabel("Email").fill("ida@example.org");
  await create(page);
  await heading(page, "Profile");
  const {roles} = await (await page.request.get("/api/v1/users/me")).json();
  assert.ok(roles.includes("editor"), roles.join());

  // It is used up, and the list says so.
  const late = await (await person()).newPage();
  await late.goto(link);
  await late.getByText("This invitation was used up or revoked").waitFor();
  await root.reload();
  await heading(root, "Invitations");
  await root.getByRole("row", {name: /Whoever has the link.*1 of 1/}).waitFor();
}

export async function a_mailed_invitation_is_for_its_address() {
  const root = await administrator();
  await invite(root, {email: "jan@example.org", delivery: "Email the link to this address"});
  await told(root, "The invitation was sent to jan@example.org.");
  const {link} = await mailTo("jan@example.org", "/invite?token=");
  const page = await (await person()).newPage();
  await page.goto(link);
  const email = page.getByLabel("Email");
  assert.equal(await email.inputValue(), "jan@example.org");
  assert.equal(await email.getAttribute("readonly"), "");
  await fillIn(page, "jan");
  await create(page);
  await heading(page, "Profile");
}

export async function a_revoked_invitation_is_good_for_nothing() {
  const root = await administrator();
  const link = await madeLink(root);
  // The newest is the first.
  await root.getByRole("button", {name: "Revoke: Whoever has the link"}).first().click();
  await root.getByRole("dialog").getByRole("button", {name: "Revoke"}).click();
  await told(root, "Deleted.");
  const page = await (await person()).newPage();
  await page.goto(link);
  await page.getByText("This invitation was used up or revoked").waitFor();
}

export async function the_pages_of_invitations_look_good() {
  const root = await administrator();
  const link = await madeLink(root);
  const page = await (await person({bypassCSP: true, reducedMotion: "reduce"})).newPage();
  await page.goto(link);
  await heading(page, "Create your Fjord account");
  await looksGood(page, "invite");
  await signIn(page, "root", world.password, "/signin?return_to=/admin/invitations");
  await heading(page, "Invitations");
  await looksGood(page, "invitations");
  await page.getByRole("button", {name: "Invite"}).click();
  await page.getByRole("dialog").getByLabel("Valid for").waitFor();
  await looksGood(page, "invitations-dialog");
}

export async function a_worker_does_the_work_of_a_sign_up() {
  const page = await (await person({baseURL: world.fresh})).newPage();
  const proofs = [];
  const workers = [];
  page.on("worker", (worker) => workers.push(new URL(worker.url()).pathname));
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/auth/signup")
      proofs.push(request.headers()["x-authd-work"] ?? "");
  });
  await signUp(page, "kim");
  await at(page, ({pathname}) => pathname === "/account");
  // The first try is refused without work, and the second one has it.
  assert.equal(proofs.length, 2);
  assert.equal(proofs[0], "");
  assert.match(proofs[1], /^[\w-]+\.\d+$/);
  assert.deepEqual(workers, ["/ui/work.js"]);
}
