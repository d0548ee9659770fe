// Tokens with which programs register clients by themselves.
import {looksGood} from "./look.mjs";
import {assert, heading, person, signIn, told, world} from "./world.mjs";

async function administrator(more = {}) {
  const page = await (await person(more)).newPage();
  await signIn(page, "root", world.password, "/signin?return_to=/admin/clients");
  await heading(page, "Clients");
  return page;
}

const panel = (page) =>
  page.locator("section.panel", {has: page.getByRole("heading", {name: "Registration tokens"})});

// By the page; gives the token, which is shown once.
async function created(page, name, fill = () => {}) {
  await panel(page).getByRole("button", {name: "Create registration token"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Who gets it").fill(name);
  await fill(dialog);
  await dialog.getByRole("button", {name: "Create registration token"}).click();
  const token = await dialog.getByLabel("Token", {exact: true}).textContent();
  await dialog.getByRole("button", {name: "I have saved it"}).click();
  return token;
}

// What a program does with it; the status and the reply.
async function register(token) {
  const reply = await fetch(`${world.base}/oauth2/register`, {
    method: "POST",
    headers: {Authorization: `Bearer ${token}`, "Content-Type": "application/json"},
    body: JSON.stringify({
      client_name: "Notes",
      redirect_uris: ["https://notes.example.org/callback"],
    }),
  });
  return {status: reply.status, ...(await reply.json())};
}

export async function a_program_registers_with_a_token_that_an_administrator_has_created() {
  const page = await administrator();
  const token = await created(page, "build server", async (dialog) => {
    await dialog.getByLabel("How many clients it can register").fill("2");
    await dialog.getByLabel("Valid for").selectOption("7 days");
  });
  assert.match(token, /^authd_registration_/);
  const item = panel(page).getByRole("listitem").filter({hasText: "build server"});
  await item.getByText("2 clients left").waitFor();
  assert.ok(!(await page.locator("main").textContent()).includes(token));

  const made = await register(token);
  assert.equal(made.status, 201, JSON.stringify(made));
  await page.reload();
  await item.getByText("1 client left").waitFor();
  await page.getByRole("link", {name: "Notes"}).waitFor();

  await page.getByRole("button", {name: "Revoke: build server"}).click();
  const question = page.getByRole("dialog");
  await question.getByText("The clients registered with it stay.").waitFor();
  await question.getByRole("button", {name: "Revoke"}).click();
  await told(page, "Revoked.");
  await panel(page).getByText("No registration tokens.").waitFor();
  assert.equal((await register(token)).error, "invalid_token");
  await page.reload();
  await page.getByRole("link", {name: "Notes"}).waitFor();
}

export async function what_is_wrong_is_said_at_its_field() {
  const page = await administrator();
  await panel(page).getByRole("button", {name: "Create registration token"}).click();
  const dialog = page.getByRole("dialog");
  const create = dialog.getByRole("button", {name: "Create registration token"});
  await create.click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Who gets it").fill("too much");
  for (const uses of ["0", "1001", "many"]) {
    const field = dialog.getByLabel("How many clients it can register");
    await field.fill(uses);
    await create.click();
    await dialog.getByText("1 to 1000").waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true", uses);
    await field.fill("1");
  }
}

export async function a_failure_of_the_tokens_leaves_the_clients() {
  const page = await administrator();
  const address = "**/api/v1/admin/registration-tokens";
  await page.route(address, (route) =>
    route.fulfill({status: 429, json: {error: "rate_limited", message: "Later."}}),
  );
  await page.reload();
  await heading(page, "Clients");
  await panel(page).getByRole("alert").waitFor();
  await page.unroute(address);
  await panel(page).getByRole("button", {name: "Try again"}).click();
  await panel(page).getByRole("button", {name: "Create registration token"}).waitFor();
  assert.equal(await panel(page).getByRole("alert").count(), 0);
}

export async function where_programs_cannot_register_the_page_says_so() {
  const page = await administrator({baseURL: world.fresh});
  await panel(page).getByText("provider.registration is off").waitFor();
  const create = panel(page).getByRole("button", {name: "Create registration token"});
  assert.equal(await create.count(), 0);
}

export async function the_page_of_clients_looks_good_with_tokens() {
  const page = await administrator({bypassCSP: true, reducedMotion: "reduce"});
  await created(page, "an editor of somebody with quite a long name");
  await looksGood(page, "registration-tokens");
  await panel(page).getByRole("button", {name: "Create registration token"}).click();
  await page.getByRole("dialog").getByLabel("Valid for").waitFor();
  await looksGood(page, "registration-tokens-dialog");
}
