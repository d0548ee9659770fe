// The administration of clients and resources.
import {
  assert,
  at,
  heading,
  person,
  picture,
  signIn,
  signUp,
  stays,
  told,
  world,
} from "./world.mjs";

async function administrator(path) {
  const page = await (await person()).newPage();
  await signIn(page, "root", world.password, `/signin?return_to=${path}`);
  await page.locator(".content h1").waitFor();
  return page;
}

const save = (page, group) => panel(page, group).getByRole("button", {name: "Save changes"});
const panel = (page, name) =>
  page.locator("section.panel", {has: page.getByRole("heading", {name, exact: true})});

// By the page, from the list; gives {id, secret}, which are shown once.
async function added(page, name, fill) {
  await page.goto("/admin/clients");
  await page.getByRole("button", {name: "Add client"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await fill(dialog);
  await dialog.getByRole("button", {name: "Add client"}).click();
  await dialog.getByRole("button", {name: "I have saved it"}).waitFor();
  const shown = async (label) => {
    const one = dialog.getByLabel(label, {exact: true});
    return (await one.count()) > 0 ? one.textContent() : "";
  };
  return {id: await shown("Client ID"), secret: await shown("Client secret"), dialog, shown};
}

const keep = (dialog) => dialog.getByRole("button", {name: "I have saved it"}).click();

export async function an_application_is_added_and_its_secret_is_shown_once() {
  const page = await administrator("/admin/clients");
  const made = await added(page, "billing", async (dialog) => {
    await dialog.getByLabel("Redirect URIs").fill("https://billing.example/callback");
    // Only with roles, of which one has to be ticked.
    await dialog.getByLabel("People with one of these roles").check();
    await dialog.getByRole("button", {name: "Add client"}).click();
    await dialog.getByText("Tick at least one.").waitFor();
    await dialog.getByRole("checkbox", {name: "admin"}).check();
    await dialog.getByLabel("Consent").selectOption("Do not ask");
  });
  assert.match(made.id, /^authd_client_/);
  assert.match(made.secret, /^authd_secret_/);
  const discovery = `${world.base}/.well-known/openid-configuration`;
  assert.equal(await made.shown("Discovery"), discovery);
  await picture(page, "client-secret-1280-light");
  await stays(page, "The secret is shown only now.");
  await keep(made.dialog);
  await heading(page, "billing");
  await at(page, ({pathname}) => pathname === `/admin/clients/${made.id}`);
  assert.ok(!(await page.locator("main").textContent()).includes(made.secret));
  assert.ok(await panel(page, "Who may enter").getByRole("checkbox", {name: "admin"}).isChecked());
  const needed = panel(page, "What the application needs");
  assert.equal(await needed.getByLabel("Discovery", {exact: true}).textContent(), discovery);
  for (const name of ["Authorization", "Token", "User info", "Logout"])
    await needed.getByRole("button", {name: `Copy: ${name}`}).waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await needed.getByRole("button", {name: "Copy: Token"}).click();
  await told(page, "Copied.");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${world.base}/oauth2/token`);
  await page.getByRole("link", {name: "Clients"}).first().click();
  const row = page.locator("tbody tr", {hasText: made.id});
  await row.getByText("Application", {exact: true}).waitFor();
  await page.getByRole("searchbox").fill("no such client");
  await page.getByText("No clients.").waitFor();
}

export async function each_kind_of_client_is_told_apart() {
  const page = await administrator("/admin/clients");
  const kinds = [
    ["phone", "Application on people’s devices", "Public application"],
    ["nightly", "Program that acts for itself", "Program"],
    ["orders", "Server that checks tokens", "Resource server"],
  ];
  for (const [name, kind, shown] of kinds) {
    const made = await added(page, name, async (dialog) => {
      await dialog.getByLabel("Kind").selectOption(kind);
      const redirects = dialog.getByLabel("Redirect URIs");
      if (name === "phone") await redirects.fill("http://127.0.0.1/callback");
      else assert.ok(!(await redirects.isVisible()));
    });
    assert.equal(made.secret !== "", name !== "phone", name);
    await keep(made.dialog);
    await heading(page, name);
    await page.locator(".badge", {hasText: shown}).waitFor();
    assert.equal(
      await page.getByRole("button", {name: "Add secret"}).isVisible(),
      name !== "phone",
    );
  }
  await page.goto("/admin/clients");
  await page.locator("tbody tr", {hasText: "phone"}).getByText("Public application").waitFor();
  await page.getByRole("link", {name: "phone"}).click();
  // What the server finds odd.
  await page.getByText("Any program on a person's device can receive").waitFor();
}

export async function a_link_needs_an_address_and_has_nothing_else() {
  const page = await administrator("/admin/clients");
  await page.getByRole("button", {name: "Add client"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Printer");
  assert.ok(!(await dialog.getByLabel("Home page").isVisible()));
  await dialog.getByLabel("Kind").selectOption("Link to a page, without signing in");
  assert.ok(!(await dialog.getByLabel("Redirect URIs").isVisible()));
  await dialog.getByLabel("Everybody with an account").check();
  await dialog.getByRole("button", {name: "Add client"}).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Home page").fill("https://printer.example/");
  await dialog.getByRole("button", {name: "Add client"}).click();
  await heading(page, "Printer");
  await page.locator(".badge", {hasText: "Link"}).waitFor();
  assert.equal(await panel(page, "What the application needs").count(), 0);
  assert.ok(!(await page.getByRole("button", {name: "Add secret"}).isVisible()));
  await page.goto("/account/apps");
  const tile = panel(page, "Open").getByRole("link", {name: "Printer"});
  assert.equal(await tile.getAttribute("href"), "https://printer.example/");
}

export async function an_application_of_the_list_needs_only_its_address() {
  const page = await administrator("/admin/clients");
  await page.setViewportSize({width: 360, height: 740});
  await page.getByRole("button", {name: "Add client"}).click();
  const dialog = page.getByRole("dialog");
  const address = dialog.getByLabel("Address of the application");
  assert.ok(!(await address.isVisible()));
  await dialog.getByLabel("Application", {exact: true}).selectOption("Grafana");
  assert.equal(await dialog.getByLabel("Name").inputValue(), "Grafana");
  for (const label of ["Kind", "Redirect URIs", "Consent"])
    assert.ok(!(await dialog.getByLabel(label).isVisible()), label);
  await dialog.getByRole("button", {name: "Add client"}).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await address.fill("http://graphs.example.org");
  await dialog.getByRole("button", {name: "Add client"}).click();
  await dialog.getByText("This must be the address of the application").waitFor();
  await address.fill("https://graphs.example.org/");
  await dialog.getByRole("button", {name: "Add client"}).click();
  const settings = dialog.getByLabel("grafana.ini", {exact: true});
  const text = await settings.textContent();
  assert.ok(text.includes("\nroot_url = https://graphs.example.org/\n"), text);
  assert.ok(text.includes(`\ntoken_url = ${world.base}/oauth2/token\n`), text);
  const [, secret] = /client_secret = (\S+)/.exec(text);
  assert.equal(await settings.getAttribute("lang"), "en");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await dialog.getByRole("button", {name: "Copy: grafana.ini"}).click();
  await told(page, "Copied.");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
  await picture(page, "client-settings-360-light");
  await stays(page, "They contain the secret");
  await keep(dialog);
  await heading(page, "Grafana");
  assert.ok(!(await page.locator("main").textContent()).includes(secret));
  const redirects = await page.getByLabel("Redirect URIs").first().inputValue();
  assert.equal(redirects, "https://graphs.example.org/login/generic_oauth");
}

export async function a_client_is_changed_by_what_has_changed() {
  const page = await administrator("/admin/clients");
  const made = await added(page, "wiki", (dialog) =>
    dialog.getByLabel("Redirect URIs").fill("https://wiki.example/callback"),
  );
  await keep(made.dialog);
  await heading(page, "wiki");
  const sent = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") sent.push(request.postDataJSON());
  });
  const about = panel(page, "About the application");
  await save(page, "About the application").click();
  await told(page, "Nothing has changed.");
  await about.getByLabel("Name").fill("Wiki");
  await about.getByLabel("Description").fill("What we know.");
  await save(page, "About the application").click();
  await told(page, "Saved.");
  await heading(page, "Wiki");
  const tokens = panel(page, "Tokens");
  await tokens.getByLabel("Life of access tokens").fill("300s");
  await tokens.getByLabel("Scopes").fill("openid\n\n profile \ngroups");
  await save(page, "Tokens").click();
  await told(page, "Saved.");
  assert.equal(await tokens.getByLabel("Life of access tokens").inputValue(), "5m");
  assert.equal(await tokens.getByLabel("Scopes").inputValue(), "openid\nprofile\ngroups");
  const claims = panel(page, "Claims");
  await claims.getByLabel("Separator of the claim groups").fill(" ");
  await claims.getByLabel("Name, email and the like").selectOption("In the ID token too");
  await save(page, "Claims").click();
  await told(page, "Saved.");
  const addresses = panel(page, "Signing in and addresses");
  await addresses.getByLabel("PKCE").selectOption("Optional");
  await addresses
    .getByLabel("What it does")
    .selectOption("Signs people in, gets tokens for itself");
  await save(page, "Signing in and addresses").click();
  await told(page, "Saved.");
  await page.getByText("PKCE is optional for it").waitFor();
  const entry = panel(page, "Who may enter");
  await entry.getByLabel("People with one of these roles").check();
  await entry.getByRole("checkbox", {name: "user"}).check();
  await save(page, "Who may enter").click();
  await told(page, "Saved.");
  // Without the last tick, it is not open to everybody.
  await entry.getByRole("checkbox", {name: "user"}).uncheck();
  await save(page, "Who may enter").click();
  await entry.getByText("Tick at least one.").waitFor();
  await entry.getByLabel("Everybody with an account").check();
  await save(page, "Who may enter").click();
  await told(page, "Saved.");
  assert.deepEqual(sent, [
    {name: "Wiki", description: "What we know."},
    {scopes: ["openid", "profile", "groups"], access_ttl: "300s"},
    {id_token_claims: true, group_separator: " "},
    {
      grant_types: ["authorization_code", "refresh_token", "client_credentials"],
      pkce: "optional",
    },
    {roles: ["user"]},
    {roles: []},
  ]);
  await page.reload();
  await heading(page, "Wiki");
  assert.equal(await claims.getByLabel("Separator of the claim groups").inputValue(), " ");
}

export async function errors_of_the_server_are_at_the_field_that_they_name() {
  const page = await administrator("/admin/clients");
  const made = await added(page, "strict", async (dialog) => {
    await dialog.getByLabel("Redirect URIs").fill("https://*.strict.example/");
    await dialog.getByRole("button", {name: "Add client"}).click();
    const redirects = dialog.getByLabel("Redirect URIs");
    await dialog.locator("textarea[aria-invalid=true]").waitFor();
    assert.ok(await redirects.evaluate((one) => one === document.activeElement));
    await redirects.fill("https://strict.example/");
  });
  await keep(made.dialog);
  await heading(page, "strict");
  const wrong = async (group, label, text, message) => {
    const field = panel(page, group).getByLabel(label, {exact: true});
    await field.fill(text);
    await save(page, group).click();
    await panel(page, group).getByText(message).waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true", label);
  };
  const addresses = "Signing in and addresses";
  await wrong(addresses, "Redirect URIs", "", "needs an address for them to return to");
  await wrong("Who may enter", "Networks", "here", "is not a network such as");
  await wrong("Who may enter", "Maximum age of the login", "long", "This must be a duration");
  await wrong("Tokens", "Life of access tokens", "99h", "This must be 0, or from 10s to 24h.");
  await wrong("Claims", "Other names for roles", "admin", "is not of the form role=name");
  await wrong("About the application", "Name", "", "Please fill this in.");
  await page.reload();
  await heading(page, "strict");
  await panel(page, addresses).getByLabel("Redirect URIs", {exact: true}).waitFor();
}

export async function an_error_about_another_group_is_at_its_field_too() {
  const page = await administrator("/admin/clients");
  const made = await added(page, "crossed", (dialog) =>
    dialog.getByLabel("Redirect URIs").fill("https://crossed.example/"),
  );
  await keep(made.dialog);
  await heading(page, "crossed");
  const json = {error: "invalid_value", field: "networks", message: "This network is gone."};
  await page.route("**/api/v1/admin/clients/*", (route) => route.fulfill({status: 422, json}));
  await panel(page, "About the application").getByLabel("Description").fill("New");
  await save(page, "About the application").click();
  const alert = panel(page, "About the application").getByRole("alert");
  await alert.getByText("This network is gone.").waitFor();
  const networks = panel(page, "Who may enter").getByLabel("Networks");
  assert.equal(await networks.getAttribute("aria-invalid"), "true");
  assert.ok(await networks.evaluate((one) => one === document.activeElement));
}

export async function secrets_are_added_and_revoked() {
  const page = await administrator("/admin/clients");
  const made = await added(page, "keys", (dialog) =>
    dialog.getByLabel("Kind").selectOption("Program that acts for itself"),
  );
  await keep(made.dialog);
  await heading(page, "keys");
  const dialog = page.getByRole("dialog");
  const secrets = panel(page, "Secrets");
  const first = await secrets.locator("code").textContent();
  const revoke = async (id) => {
    await secrets.getByRole("button", {name: `Revoke: ${id}`}).click();
    await dialog.getByRole("button", {name: "Revoke"}).click();
  };
  await revoke(first);
  await told(page, "This is the only secret of the client.");
  await secrets.getByRole("button", {name: "Add secret"}).click();
  await dialog.getByLabel("Valid for").selectOption("90 days");
  await dialog.getByRole("button", {name: "Add secret"}).click();
  const secret = await dialog.getByLabel("Client secret", {exact: true}).textContent();
  assert.notEqual(secret, made.secret);
  await stays(page, "The secret is shown only now.");
  await keep(dialog);
  await secrets.getByText(/ends \d/).waitFor();
  const works = async (text) => {
    const reply = await page.request.post("/oauth2/introspect", {
      headers: {Authorization: `Basic ${Buffer.from(`${made.id}:${text}`).toString("base64")}`},
      form: {token: "none"},
    });
    return reply.status();
  };
  assert.equal(await works(made.secret), 200);
  assert.equal(await works(secret), 200);
  await revoke(first);
  await told(page, "Revoked.");
  await secrets.getByText(first, {exact: true}).waitFor({state: "detached"});
  assert.equal(await secrets.locator("code").count(), 1);
  assert.equal(await works(made.secret), 401);
  assert.equal(await works(secret), 200);
}

export async function a_client_of_the_configuration_is_shown_and_not_changed() {
  const page = await administrator("/admin/clients/declared");
  await heading(page, "declared");
  await page.getByText("comes from the configuration of the server (clients.declared)").waitFor();
  const uris = page.getByLabel("Redirect URIs", {exact: true});
  assert.equal(await uris.inputValue(), "https://declared.example/cb");
  assert.ok(await uris.isDisabled());
  for (const name of ["Save changes", "Enable", "Delete client"])
    assert.equal(await page.getByRole("button", {name, exact: true}).count(), 0, name);
  assert.equal(await page.locator("#picture").count(), 0);
  // A further secret comes and goes; that of the configuration stays.
  const secrets = panel(page, "Secrets");
  assert.equal(await secrets.getByRole("button", {name: /^Revoke/}).count(), 0);
  await secrets.getByRole("button", {name: "Add secret"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Add secret"}).click();
  await keep(page.getByRole("dialog"));
  await secrets.getByRole("button", {name: /^Revoke/}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Revoke", exact: true}).click();
  await told(page, "Revoked.");
  await secrets.getByRole("button", {name: /^Revoke/}).waitFor({state: "detached"});
}

export async function a_logo_is_chosen_and_people_see_it() {
  const page = await administrator("/admin/clients");
  const {id, dialog} = await added(page, "pictured", (one) =>
    one.getByLabel("Redirect URIs").fill("https://pictured.example/callback"),
  );
  await keep(dialog);
  const logo = page.locator("section.panel img.app-logo");
  await heading(page, "pictured");
  assert.equal(await logo.count(), 0);
  const png = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [300, 200];
    canvas.getContext("2d").fillRect(50, 50, 200, 100);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await page
    .locator("#picture")
    .setInputFiles({name: "logo.png", mimeType: "image/png", buffer: Buffer.from(png, "base64")});
  await page.getByRole("dialog").getByRole("button", {name: "Use picture"}).click();
  await logo.waitFor();
  // Whoever is sent to the sign-in page by the application, before and after its scripts.
  const query = new URLSearchParams({
    client_id: id,
    redirect_uri: "https://pictured.example/callback",
    response_type: "code",
    scope: "openid",
    code_challenge: "A".repeat(43),
    code_challenge_method: "S256",
  });
  for (const javaScriptEnabled of [true, false]) {
    const visitor = await (await person({javaScriptEnabled})).newPage();
    await visitor.goto(`/oauth2/authorize?${query}`);
    await heading(visitor, "Sign in to continue to pictured");
    const seen = visitor.locator("main img.app-logo");
    await seen.waitFor();
    assert.ok((await seen.evaluate((image) => image.decode().then(() => image.naturalWidth))) > 0);
  }
  await page.getByRole("button", {name: "Remove"}).click();
  await logo.waitFor({state: "detached"});
}

export async function a_client_is_tried_on_a_person_before_anybody_signs_in() {
  const somebody = await (await person()).newPage();
  await signUp(somebody, "gudrun");
  const page = await administrator("/admin/clients");
  const made = await added(page, "curious", (dialog) =>
    dialog.getByLabel("Redirect URIs").fill("https://curious.example/callback"),
  );
  await keep(made.dialog);
  await heading(page, "curious");
  const preview = panel(page, "What it learns about a person");
  const show = () => preview.getByRole("button", {name: "Show claims"}).click();
  const claims = async (label) =>
    JSON.parse(await preview.getByLabel(label, {exact: true}).textContent());
  await show();
  await preview.getByText("Please fill this in.").waitFor();
  // A part of the name is enough to be offered somebody.
  const who = preview.getByLabel("Person", {exact: true});
  // A search that fails is forgotten: the same is asked again.
  await page.route(
    /\/api\/v1\/admin\/users\?/,
    (route) => route.fulfill({status: 429, json: {error: "rate_limited", message: "Later."}}),
    {times: 1},
  );
  const refused = page.waitForResponse((reply) => /\/admin\/users\?/.test(reply.url()));
  await who.fill("gudr");
  await (await refused).finished();
  await who.fill("gudr");
  await preview.locator("datalist option[value=gudrun]").waitFor({state: "attached"});
  await who.fill("gudrun");
  assert.ok(!(await preview.getByRole("checkbox", {name: "offline_access"}).isChecked()));
  await show();
  assert.equal((await claims("ID token")).aud, made.id);
  const all = await claims("User info");
  assert.equal(all.preferred_username, "gudrun");
  assert.equal(all.email, "gudrun@example.org");
  assert.equal((await claims("Access token")).client_id, made.id);
  await preview.getByRole("checkbox", {name: "email"}).uncheck();
  await show();
  await preview.getByLabel("User info", {exact: true}).filter({hasNotText: "email"}).waitFor();
  assert.equal((await claims("User info")).preferred_username, "gudrun");
  // What is saved counts at once, and the person stays.
  await panel(page, "Claims")
    .getByLabel("Name, email and the like")
    .selectOption("In the ID token too");
  await save(page, "Claims").click();
  await told(page, "Saved.");
  assert.equal(await who.inputValue(), "gudrun");
  await show();
  assert.equal((await claims("ID token")).email, "gudrun@example.org");
  await preview.getByRole("checkbox", {name: "openid"}).uncheck();
  await show();
  await preview.getByLabel("ID token", {exact: true}).waitFor({state: "detached"});
  assert.equal((await claims("Access token")).client_id, made.id);
  await who.fill("nobody-of-that-name");
  await show();
  await preview.locator(".message.bad, .note.bad").first().waitFor();
}

export async function a_client_becomes_public_is_disabled_and_deleted() {
  const page = await administrator("/admin/clients");
  const made = await added(page, "brief", (dialog) =>
    dialog.getByLabel("Redirect URIs").fill("https://brief.example/callback"),
  );
  await keep(made.dialog);
  await heading(page, "brief");
  const dialog = page.getByRole("dialog");
  const addresses = panel(page, "Signing in and addresses");
  await addresses.getByLabel("Secret", {exact: true}).selectOption("Public: has none");
  await save(page, "Signing in and addresses").click();
  await dialog.getByText("All secrets of this client are removed at once.").waitFor();
  await dialog.getByRole("button", {name: "Cancel"}).click();
  await page.locator(".badge", {hasText: /^Application$/}).waitFor();
  await save(page, "Signing in and addresses").click();
  await dialog.getByRole("button", {name: "Remove the secrets"}).click();
  await told(page, "Saved.");
  await page.locator(".badge", {hasText: "Public application"}).waitFor();

  await page.getByRole("button", {name: "Disable"}).click();
  await dialog.getByRole("button", {name: "Disable"}).click();
  await page.locator(".badge", {hasText: "Disabled"}).waitFor();
  await page.goto("/admin/clients");
  await page.locator("tbody tr", {hasText: "brief"}).getByText("Disabled").waitFor();
  await page.getByRole("link", {name: "brief"}).click();
  await page.getByRole("button", {name: "Enable"}).click();
  await page.getByRole("button", {name: "Disable"}).waitFor();

  await page.getByRole("button", {name: "Delete client"}).click();
  await dialog.getByLabel(/brief/).fill("another");
  await dialog.getByRole("button", {name: "Delete permanently"}).click();
  await dialog.locator("[aria-invalid=true]").fill("brief");
  await dialog.getByRole("button", {name: "Delete permanently"}).click();
  await told(page, "Deleted.");
  await heading(page, "Clients");
  assert.equal(await page.locator("tbody tr", {hasText: "brief"}).count(), 0);
  await page.goto(`/admin/clients/${made.id}`);
  await heading(page, "Page not found");
}

export async function resources_are_added_changed_and_deleted() {
  const page = await administrator("/admin/resources");
  const dialog = page.getByRole("dialog");
  await page.getByText("No resources.").waitFor();
  await page.getByRole("button", {name: "Add resource"}).click();
  await dialog.getByLabel("Identifier").fill("orders");
  await dialog.getByLabel("Name").fill("Orders");
  await dialog.getByLabel("Scopes").fill("orders:read\norders:write");
  await dialog.getByRole("button", {name: "Add resource"}).click();
  await dialog.getByText("A resource is named by an absolute URI").waitFor();
  await dialog.getByLabel("Identifier").fill("https://api.example.org/orders?of=all");
  await dialog.getByRole("button", {name: "Add resource"}).click();
  await told(page, "Saved.");
  const row = page.locator("tbody tr", {hasText: "Orders"});
  await row.getByText("orders:write").waitFor();

  await page.getByRole("button", {name: "Change: Orders"}).click();
  await dialog.getByLabel("Scopes").fill("openid");
  await dialog.getByRole("button", {name: "Save changes"}).click();
  await dialog.getByText("is a scope of this server itself, for data about people").waitFor();
  await dialog.getByLabel("Scopes").fill("orders:read");
  await dialog.getByLabel("Life of access tokens").fill("5m");
  await dialog.getByRole("button", {name: "Save changes"}).click();
  await told(page, "Saved.");
  await row.getByText("5m").waitFor();
  assert.equal(await row.getByText("orders:write").count(), 0);

  // It can be given to a client now.
  const made = await added(page, "shop", (box) =>
    box.getByLabel("Kind").selectOption("Program that acts for itself"),
  );
  await keep(made.dialog);
  await heading(page, "shop");
  await panel(page, "Tokens")
    .getByRole("checkbox", {name: /Orders/})
    .check();
  await save(page, "Tokens").click();
  await told(page, "Saved.");

  await page.getByRole("link", {name: "Resources"}).click();
  await page.getByRole("button", {name: "Delete: Orders"}).click();
  await dialog.getByRole("button", {name: "Delete"}).click();
  await told(page, "Deleted.");
  await page.getByText("No resources.").waitFor();
}
