// A person before an application that a real proxy guards (forward_auth_test.py).
import {assert, breaches, browser, person, world} from "./world.mjs";

// What the application received, as its page shows it.
async function shown(page) {
  const sent = JSON.parse(await page.locator("body").innerText());
  return {
    ...sent,
    headers: Object.fromEntries(sent.headers.map(([name, value]) => [name.toLowerCase(), value])),
  };
}

async function fillIn(page, login) {
  await page.getByLabel("Username or email").fill(login);
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
}

async function throughTheDoor(app) {
  const context = await person({ignoreHTTPSErrors: true});
  const page = await context.newPage();
  const address = `${app}/deep/page?a=b&c=%2Fd#part`;

  await page.goto(address);
  assert.equal(
    new URL(page.url()).origin,
    world.base,
    "who is not signed in is sent to the sign-in page",
  );
  await fillIn(page, "ann");
  await page.waitForURL((url) => url.origin === app);
  assert.equal(
    page.url().split("#")[0],
    address.split("#")[0],
    "and comes back to where they were",
  );
  const sent = await shown(page);
  assert.equal(sent.path, "/deep/page?a=b&c=%2Fd");
  assert.equal(sent.headers["x-auth-user"], "ann");
  assert.equal(sent.headers["x-auth-email"] || "", "", "nobody has confirmed it");
  assert.equal(sent.headers["x-auth-roles"], "user");

  await page.goto(`${app}/other`);
  assert.equal((await shown(page)).headers["x-auth-user"], "ann", "and stays signed in");

  // A link of the application signs out at once, and leads back: nobody is signed in there.
  await page.evaluate(
    (address) => {
      location.href = address;
    },
    `${world.base}/signout?return_to=${encodeURIComponent(`${app}/bye`)}`,
  );
  await page.getByRole("heading", {name: "Sign in", level: 1}).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("return_to"), `${app}/bye`);
  await page.goto(`${app}/other`);
  assert.equal(new URL(page.url()).origin, world.base, "signed out, it begins again");
}

async function notForEverybody(app) {
  const context = await person({ignoreHTTPSErrors: true});
  const page = await context.newPage();
  const visited = [];
  page.on("response", (response) => {
    if (response.request().isNavigationRequest())
      visited.push(`${response.status()} ${new URL(response.url()).origin}`);
  });
  await page.goto(`${app}/only/admins`);
  await fillIn(page, "ann");
  await page.waitForURL((url) => url.origin === app);
  assert.equal(visited.at(-1), `403 ${app}`, "who may not enter is told so");
  const before = visited.length;
  const reply = await page.goto(`${app}/only/admins`);
  assert.equal(reply.status(), 403);
  assert.equal(
    visited.length,
    before + 1,
    "and sent nowhere, so that nothing goes round in circles",
  );

  const other = await (await person({ignoreHTTPSErrors: true})).newPage();
  await other.goto(`${app}/only/admins`);
  await fillIn(other, "root");
  await other.waitForURL((url) => url.origin === app);
  assert.equal((await shown(other)).headers["x-auth-user"], "root");
}

let failed = 0;
for (const [kind, app, admins] of world.apps) {
  for (const flow of [() => throughTheDoor(app), () => notForEverybody(admins)]) {
    try {
      await flow();
      console.log(`ok ${kind}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${kind}: ${error.stack ?? error}`);
      for (const page of browser.contexts().flatMap((context) => context.pages()))
        console.log(`  at ${page.url()}`);
    }
    for (const context of browser.contexts()) await context.close();
  }
}
await browser.close();
for (const breach of new Set(breaches)) console.log(`BREACH ${breach}`);
process.exit(failed > 0 || breaches.length > 0 ? 1 : 0);
