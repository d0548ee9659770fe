// The administration of the programs that are told of events.
import {assert, heading, person, signIn, stays, told, world} from "./world.mjs";

const URL_OF_ONE = "https://events.example/";

async function administrator(path) {
  const page = await (await person()).newPage();
  await signIn(page, "root", world.password, `/signin?return_to=${path}`);
  await heading(page, "Webhooks");
  return page;
}

// What is shown only now; ends that.
async function secretOf(page) {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", {name: "events.example"}).waitFor();
  const secret = await dialog.getByLabel("Secret", {exact: true}).textContent();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  await stays(page, "It is shown only now.");
  await dialog.getByRole("button", {name: "I have saved it"}).click();
  await dialog.waitFor({state: "detached"});
  return secret;
}

export async function a_webhook_is_added_rotated_disabled_and_removed() {
  const page = await administrator("/admin/webhooks");
  const dialog = page.getByRole("dialog");
  const act = (label) => page.getByRole("button", {name: `${label}: ${URL_OF_ONE}`}).click();
  await page.getByText("No webhooks.").waitFor();
  await page.getByRole("button", {name: "Add webhook"}).click();
  await dialog.getByLabel("Address").fill("ftp://events.example/");
  await dialog.getByLabel("Events").fill("login.locked\nuser.*");
  await dialog.getByLabel("Note").fill("The shop");
  await dialog.getByRole("button", {name: "Add webhook"}).click();
  await dialog.locator("[aria-invalid=true][name=url]").fill(URL_OF_ONE);
  await dialog.getByRole("button", {name: "Add webhook"}).click();
  const first = await secretOf(page);

  const row = page.locator("tbody tr", {hasText: URL_OF_ONE});
  await row.getByText("login.locked, user.*").waitFor();
  await row.getByText("The shop").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
  assert.ok(!(await page.locator("main").textContent()).includes(first));

  await act("New secret");
  await dialog.getByText("The present secret signs for another 24 hours").waitFor();
  await dialog.getByRole("button", {name: "New secret"}).click();
  assert.notEqual(await secretOf(page), first);

  await act("Not delivered");
  await dialog.getByRole("button", {name: "Send all again"}).waitFor();
  await dialog.getByRole("button", {name: "Close"}).click();

  await act("Disable");
  await row.locator(".badge.bad", {hasText: "Disabled"}).waitFor();
  assert.equal(await page.getByRole("button", {name: `Test: ${URL_OF_ONE}`}).count(), 0);
  await act("Enable");
  await page.getByRole("button", {name: `Disable: ${URL_OF_ONE}`}).waitFor();
  await page.reload();
  await row.waitFor();

  await act("Delete");
  await dialog.getByText("events.example is told of nothing any more").waitFor();
  await dialog.getByRole("button", {name: "Delete", exact: true}).click();
  await told(page, "Deleted.");
  await page.getByText("No webhooks.").waitFor();
}
