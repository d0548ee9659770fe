// /authd.js in the pages of an application: world.app is on the same site as the server,
// world.elsewhere on another one, and world.shop is on the same site and not in
// cors.allowed_origins.
import {readFileSync} from "node:fs";
import {createServer} from "node:https";
import {assert, person, totp, world} from "./world.mjs";
import {authenticator, until} from "./authenticators.mjs";

const {app, base, elsewhere, shop} = world;

const script = `
  import * as authd from "${base}/authd.js";
  globalThis.authd = authd;
  globalThis.seen = [];
  for (const type of ["signedin", "signedout", "expired"])
    authd.on(type, (user) => seen.push([type, user?.username ?? null]));`;

// What the application was sent, by path.
const received = new Map();

const server = createServer(
  {cert: readFileSync(world.certificate), key: readFileSync(`${world.certificate}.key`)},
  (request, reply) => {
    received.set(request.url, request);
    reply.setHeader("Content-Type", "text/html");
    // All that a page with a policy has to allow.
    reply.setHeader(
      "Content-Security-Policy",
      `default-src 'none'; script-src 'unsafe-inline' ${base}; connect-src 'self' ${base} ${elsewhere}`,
    );
    reply.statusCode = request.url === "/refused" ? 401 : 200;
    reply.end(`<!doctype html><title>Shop</title><script type="module">${script}</script>`);
  },
);
await new Promise((resolve) => server.listen(new URL(app).port, "127.0.0.1", resolve));
server.unref();

const somebody = () => person({ignoreHTTPSErrors: true});

async function opened(context, origin = app) {
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => globalThis.seen);
  return page;
}

const signIn = (page, login) =>
  page.evaluate((proof) => authd.signIn(proof), {login, password: world.password});
const signedIn = (page, fresh = false) =>
  page.evaluate(async (options) => (await authd.session(options))?.username ?? null, {fresh});
const seen = (page) => page.evaluate(() => seen.splice(0));
// What an act in the page throws. As an expression, which the policy of the page does not forbid.
const refusal = (page, act, value = null) =>
  page.evaluate(`(${act})(${JSON.stringify(value)}).then(
    () => null,
    ({name, status, code}) => ({name, status, code}))`);
const rename = (page, name) =>
  page.evaluate(async (first_name) => {
    const reply = await authd.fetch("/api/v1/users/me", {
      method: "PATCH",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({first_name}),
    });
    return [reply.status, (await reply.json()).error ?? ""];
  }, name);
const firstName = (page) =>
  page.evaluate(async () => (await authd.session({fresh: true})).first_name);

// Without the kit, so that no other page hears of it.
const signInUnheard = (page, login) =>
  page.evaluate(
    async ([address, proof]) => {
      const reply = await fetch(`${address}/api/v1/auth/login`, {
        method: "POST",
        credentials: "include",
        headers: {"Content-Type": "application/json", "X-Authd-Session": "cookie"},
        body: JSON.stringify(proof),
      });
      return reply.status;
    },
    [base, {login, password: world.password}],
  );

export async function a_page_of_another_origin_signs_in_calls_the_api_and_signs_out() {
  const page = await opened(await somebody());
  assert.equal(await signedIn(page), null);
  assert.deepEqual(await seen(page), []);
  assert.equal((await signIn(page, "ann")).user.username, "ann");
  assert.equal(await signedIn(page), "ann");
  assert.deepEqual(await rename(page, "Ann"), [200, ""]);
  assert.equal(await firstName(page), "Ann");
  // Nothing that a script of the page could carry away.
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
  await page.reload();
  await page.waitForFunction(() => globalThis.seen);
  assert.equal(await signedIn(page), "ann");
  // Also if the module has not asked for the token yet.
  await page.reload();
  await page.waitForFunction(() => globalThis.seen);
  assert.deepEqual(await rename(page, "Anna"), [200, ""]);
  await page.evaluate(() => authd.signOut());
  assert.deepEqual(await seen(page), [["signedout", null]]);
  assert.equal(await signedIn(page, true), null);
  assert.equal((await rename(page, "Nobody"))[0], 401);
}

export async function a_refusal_says_what_was_wrong() {
  const page = await opened(await somebody());
  const wrong = await refusal(page, (login) => authd.signIn({login, password: "x"}), "ann");
  assert.deepEqual(wrong, {name: "AuthdError", status: 401, code: "invalid_credentials"});
  assert.equal(await signedIn(page), null);
  await page.route("**/auth/session", (route) => route.abort());
  const lost = await refusal(page, () => authd.session({fresh: true}));
  assert.deepEqual(lost, {name: "AuthdError", status: 0, code: ""});
}

export async function a_second_factor_is_asked_for() {
  const page = await opened(await somebody());
  await page.evaluate(
    async ([address, password]) => {
      await fetch(`${address}/api/v1/auth/signup`, {
        method: "POST",
        credentials: "include",
        headers: {"Content-Type": "application/json", "X-Authd-Session": "cookie"},
        body: JSON.stringify({username: "tom", email: "tom@example.org", password}),
      });
    },
    [base, world.password],
  );
  const post = (path, body) =>
    page.evaluate(
      async ([address, sent]) => {
        const reply = await authd.fetch(`/api/v1/${address}`, {
          method: "POST",
          headers: {"Content-Type": "application/json"},
          body: JSON.stringify(sent),
        });
        return reply.json();
      },
      [path, body],
    );
  const {secret} = await post("users/me/mfa/totp", {});
  await post("users/me/mfa/totp/confirm", {code: totp(secret)});
  await page.evaluate(() => authd.signOut());
  const asked = await signIn(page, "tom");
  assert.equal(asked.mfa_required, true);
  assert.equal(await signedIn(page), null);
  await page.evaluate(
    ([mfa_token, code]) => authd.signIn({mfa_token, code}),
    [asked.mfa_token, totp(secret, 1)],
  );
  assert.equal(await signedIn(page, true), "tom");
}

export async function other_tabs_hear_of_it() {
  const context = await somebody();
  const [one, two] = [await opened(context), await opened(context)];
  await signIn(one, "ann");
  await two.waitForFunction(() => seen.length === 1);
  assert.deepEqual(await seen(two), [["signedin", "ann"]]);
  assert.deepEqual(await rename(two, "Ann"), [200, ""]);
  await two.evaluate(() => authd.signOut());
  await one.waitForFunction(() => seen.length === 2);
  assert.deepEqual(await seen(one), [
    ["signedin", "ann"],
    ["signedout", null],
  ]);
}

export async function a_session_that_ended_elsewhere_has_expired_in_all_tabs() {
  const context = await somebody();
  const [one, two] = [await opened(context), await opened(context)];
  await signIn(one, "ann");
  await two.waitForFunction(() => seen.length === 1);
  const other = await opened(await somebody());
  await signIn(other, "ann");
  await other.evaluate(() => authd.fetch("/api/v1/auth/logout/others", {method: "POST"}));
  assert.deepEqual(await rename(one, "Late"), [401, "invalid_session"]);
  for (const page of [one, two]) {
    await page.waitForFunction(() => seen.at(-1)[0] === "expired");
    assert.equal(await signedIn(page), null);
  }
  // The application's own server says so as well, behind a proxy that asks authd.
  await other.evaluate(() => authd.fetch("/api/v1/auth/logout", {method: "POST"}));
  await seen(other);
  assert.equal(
    await other.evaluate(async () => (await authd.fetch(`${location.origin}/refused`)).status),
    401,
  );
  assert.deepEqual(await seen(other), [["expired", null]]);
}

export async function a_stale_token_is_renewed_for_the_same_person_and_for_nobody_else() {
  const context = await somebody();
  const [one, two] = [await opened(context), await opened(context)];
  await signIn(one, "ann");
  assert.equal(await signInUnheard(two, "ann"), 200);
  assert.deepEqual(await rename(one, "Again"), [200, ""]);
  assert.equal(await signInUnheard(two, "bea"), 200);
  await seen(one);
  assert.deepEqual(await rename(one, "Mine"), [403, "csrf_failed"]);
  assert.deepEqual(await seen(one), [["signedin", "bea"]]);
  assert.notEqual(await firstName(one), "Mine");
}

export async function an_answer_from_before_a_sign_in_does_not_undo_it() {
  const page = await opened(await somebody());
  assert.equal(await signedIn(page), null);
  // What the server says now, which comes after the sign-in.
  const headers = {
    "Access-Control-Allow-Origin": app,
    "Access-Control-Allow-Credentials": "true",
  };
  let release;
  const late = new Promise((resolve) => (release = resolve));
  const held = new Promise((resolve) => {
    void page.route(
      "**/auth/session",
      async (route) => {
        resolve();
        await late;
        await route.fulfill({headers, json: {authenticated: false}});
      },
      {times: 1},
    );
  });
  const early = page.evaluate(async () => (await authd.session({fresh: true}))?.username);
  await held;
  await signIn(page, "ann");
  // Asked after it, and so not told what was asked before it.
  assert.equal(await signedIn(page, true), "ann");
  release();
  assert.equal(await early, "ann");
  assert.equal(await signedIn(page), "ann");
  assert.deepEqual(await seen(page), [["signedin", "ann"]]);
  assert.deepEqual(await rename(page, "Ann"), [200, ""]);
}

export async function other_servers_do_not_get_the_token() {
  const page = await opened(await somebody());
  await signIn(page, "ann");
  for (const origin of [app, elsewhere]) {
    received.delete("/taken");
    await page.evaluate(
      (address) => authd.fetch(address, {method: "POST", body: "x"}).catch(() => {}),
      `//${new URL(origin).host}/taken`,
    );
    assert.equal(received.get("/taken").method, "POST"); // no header that needs a preflight
    assert.equal(received.get("/taken").headers["x-csrf-token"], undefined);
  }
}

export async function the_page_of_the_server_signs_in_and_comes_back() {
  const page = await opened(await somebody());
  await page.goto(`${app}/deep?a=b`);
  await page.waitForFunction(() => globalThis.seen);
  await page.evaluate(() => void authd.signIn());
  await page.getByLabel("Username or email").fill("ann");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
  await page.waitForURL(`${app}/deep?a=b`);
  await page.waitForFunction(() => globalThis.seen);
  assert.equal(await signedIn(page), "ann");
}

export async function a_passkey_is_added_signs_in_and_is_removed() {
  const page = await opened(await somebody());
  const device = await authenticator(page);
  await device.touched(true);
  await signIn(page, "bea");
  assert.equal(await page.evaluate(() => authd.passkeys.supported()), true);
  const made = await page.evaluate(() => authd.passkeys.add("Laptop"));
  assert.equal(made.recovery_codes.length, 10);
  assert.equal((await device.kept())[0].rpId, "example.org");
  await page.evaluate(() => authd.signOut());
  await page.evaluate(() => authd.passkeys.signIn());
  assert.equal(await signedIn(page, true), "bea");
  await page.evaluate(() => authd.reauthenticate());
  const [{id, name}] = await page.evaluate(() => authd.passkeys.list());
  assert.equal(name, "Laptop");
  await page.evaluate((one) => authd.passkeys.remove(one), id);
  assert.deepEqual(await page.evaluate(() => authd.passkeys.list()), []);
  await page.evaluate(() => authd.signOut());
  const gone = await refusal(page, () => authd.passkeys.signIn());
  assert.deepEqual(gone, {name: "AuthdError", status: 401, code: "unknown_passkey"});
}

export async function a_page_of_another_site_cannot_sign_this_browser_in() {
  const context = await somebody();
  await signIn(await opened(context), "ann");
  const page = await opened(context, elsewhere);
  assert.equal(await signedIn(page), null); // The browser does not send the cookie there.
  const no = await refusal(page, (given) => authd.signIn(given), {
    login: "bea",
    password: world.password,
  });
  assert.deepEqual(no, {name: "AuthdError", status: 403, code: "csrf_failed"});
}

export async function an_origin_that_is_not_allowed_gets_no_module() {
  const page = await (await somebody()).newPage();
  const failed = page.waitForEvent("requestfailed", (one) => one.url() === `${base}/authd.js`);
  await page.goto(`${shop}/`);
  await failed;
  await until(async () => (await page.title()) === "Shop", "the page is there");
  assert.equal(await page.evaluate(() => typeof globalThis.authd), "undefined");
}
