// How the pages of the provider look: clients and resources, consent, and the account's applications.
import {administered, client, requestOf} from "./application.mjs";
import {assert, heading, person, picture, signIn, textsIn, world} from "./world.mjs";
import {gallery, serious} from "./look.mjs";

const german = textsIn("de");

const asRoot = async (page) => {
  await signIn(page, "root");
  await heading(page, "Profile");
};

const LONG = "https://a-rather-long-name-of-a-host.department.example.org/oauth2/callback/of/it";

export async function gallery_of_the_provider() {
  await administered("POST", "resources", {
    identifier: "https://api.example.org/orders/of/all/departments",
    name: "Orders",
    scopes: ["orders:read", "orders:write", "orders:of-other-people:read"],
    access_ttl: "5m",
  });
  const {client_id: id} = await client("Wolkenstein-Hohenschwangau", {
    client_id: "wolkenstein",
    description: "Where everything is kept that nobody wants to lose.",
    redirect_uris: [LONG, "http://127.0.0.1/callback"],
    roles: ["admin"],
    pkce: "optional",
  });
  await administered("POST", `clients/${id}/secrets`, {expires_in: "30d"});
  await client("Program", {redirect_uris: [], grant_types: ["client_credentials"]});
  const used = await client("Used", {client_uri: "https://used.example"});
  const asking = await client("Asking", {
    description: "An application that asks for all there is.",
    policy_uri: "https://asking.example/privacy",
    tos_uri: "https://asking.example/terms",
    public: true,
  });
  const all = "openid profile email phone address groups offline_access";
  const paths = [
    "/admin/clients",
    `/admin/clients/${id}`,
    "/admin/resources",
    "/account/apps",
    "/device",
  ];
  await gallery(paths, async (page) => {
    await asRoot(page);
    const request = requestOf(used, {scope: all});
    await page.goto(request.address);
    await page.getByRole("button", {name: "Continue"}).click();
    await request.redeem(page, (await request.answer(page)).code);
  });
  for (const more of [{}, {prompt: "select_account"}])
    await gallery([requestOf(asking, {scope: all, ...more}).address], asRoot);
}

// German words are longer.
export async function the_pages_of_the_provider_fit_in_german() {
  const {client_id: id} = await client("Rechnungen", {roles: ["admin"]});
  const options = {locale: "de-DE", viewport: {width: 320, height: 640}};
  const page = await (await person(options)).newPage();
  await page.goto("/signin?return_to=/admin/clients");
  await page.getByLabel(german("signin.login")).fill("root");
  await page.getByLabel(german("password"), {exact: true}).fill(world.password);
  await page.getByRole("button", {name: german("signin.submit"), exact: true}).click();
  await heading(page, "Clients");
  const request = requestOf({client_id: id});
  for (const path of [
    `/admin/clients/${id}`,
    "/admin/resources",
    "/account/apps",
    request.address,
  ]) {
    await page.goto(path);
    await page.locator("main:not([aria-busy]) h1").waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 320, `${path} is ${wide} px wide at 320 px`);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((one) => one.checkVisibility() && !one.closest(".side, .unseen, thead"))
        .filter((one) => one.getBoundingClientRect().right > 320)
        .map((one) => one.outerHTML.slice(0, 200)),
    );
    assert.deepEqual(cut, [], path);
  }
}

export async function gallery_of_the_dialogs_of_the_provider() {
  const options = {bypassCSP: true, reducedMotion: "reduce", viewport: {width: 320, height: 900}};
  for (const colorScheme of ["light", "dark"]) {
    const page = await (await person({...options, colorScheme})).newPage();
    await asRoot(page);
    for (const [name, button] of [
      ["clients", "Add client"],
      ["resources", "Add resource"],
    ]) {
      await page.goto(`/admin/${name}`);
      await page.getByRole("button", {name: button}).click();
      const dialog = page.getByRole("dialog");
      if (name === "clients") await dialog.getByLabel("People with one of these roles").check();
      await dialog.getByRole("button", {name: button}).click();
      await dialog.getByText("Please fill this in.").first().waitFor();
      await picture(page, `${name}-dialog-320-${colorScheme}`);
      await serious(page, `the dialog of ${name}`);
    }
  }
}
