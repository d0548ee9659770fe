// People sign in to an application in their browser, made with oidc-client-ts, through the pages of
// authd (oidc_client_test.py).
import {readFileSync} from "node:fs";
import {serveApplication} from "./oidc_client_app.mjs";
import {assert, heading, person, world} from "./world.mjs";

const {port} = new URL(world.app);
await serveApplication({
  port: Number(port),
  tls: {cert: readFileSync(world.certificate), key: readFileSync(world.key)},
  library: `${world.packages}/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js`,
  settings: {
    authority: world.base,
    client_id: world.client,
    scope: "openid profile email",
    silentRequestTimeoutInSeconds: world.timeout / 1000,
  },
});

const newPage = async () => (await person({ignoreHTTPSErrors: true})).newPage();

async function application(origin = world.app) {
  const page = await newPage();
  await page.goto(origin);
  await shows(page, "out");
  return page;
}

const shows = (page, text) => page.locator("main").getByText(text, {exact: true}).waitFor();

// Lets the application take a step: a method of the library, with its options.
const step = (page, method, options = {}) =>
  page.evaluate(
    ([name, given]) => {
      globalThis.attempt(() => globalThis.manager[name](given));
    },
    [method, options],
  );

async function fillIn(page, login, application = "Notes") {
  await heading(page, `Sign in to continue to ${application}`);
  await page.getByLabel("Username or email").fill(login);
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
}

async function agree(page, answer = "Continue") {
  await heading(page, "Notes wants to sign you in");
  await page.getByText(/^You return to https:\/\/notes\.example\.(org|net):\d+\.$/).waitFor();
  await page.getByRole("button", {name: answer, exact: true}).click();
}

async function signedIn(login, {origin, ...options} = {}) {
  const page = await application(origin);
  await step(page, "signinRedirect", options);
  await fillIn(page, login);
  await agree(page);
  await shows(page, `in: ${login}`);
  return page;
}

const user = (page) => page.evaluate(() => globalThis.manager.getUser());

export async function a_redirect_leads_through_both_pages_and_back() {
  const page = await signedIn("ann");
  assert.equal(page.url(), `${world.app}/`, "no code stays in the address");
  const {profile, access_token: token, scope} = await user(page);
  assert.equal(profile.name, "Ann Lee");
  assert.equal(profile.email, "ann@example.org");
  assert.equal(profile.iss, world.base);
  assert.equal(scope, "openid profile email");
  assert.ok(token);
  // The second time nobody is asked anything.
  await step(page, "signinRedirect");
  await shows(page, "in: ann");
  assert.notEqual((await user(page)).access_token, token);
}

export async function the_person_may_cancel() {
  const page = await application();
  await step(page, "signinRedirect");
  await fillIn(page, "ben");
  await agree(page, "Cancel");
  await shows(page, "error: access_denied");
}

export async function a_frame_that_nobody_sees_renews_the_tokens() {
  const page = await signedIn("cleo");
  const before = await user(page);
  await step(page, "signinSilent");
  await shows(page, "in: cleo");
  const after = await user(page);
  assert.notEqual(after.access_token, before.access_token);
  assert.notEqual(after.id_token, before.id_token);
  assert.equal(after.profile.sub, before.profile.sub);
  assert.equal(after.profile.auth_time, before.profile.auth_time);
  assert.equal(page.frames().length, 1, "the frame is gone");
}

export async function a_frame_says_at_once_that_nobody_is_signed_in() {
  const page = await application();
  await step(page, "signinSilent");
  await shows(page, "error: login_required");
}

export async function a_frame_of_another_site_has_no_session_and_says_so() {
  const page = await signedIn("dora");
  await page.goto(world.elsewhere);
  await shows(page, "out");
  await step(page, "signinSilent");
  await shows(page, "error: login_required");
}

async function byPopup(login, options, before = async () => {}) {
  const page = await application();
  const opened = page.waitForEvent("popup");
  await step(page, "signinPopup", options);
  const popup = await opened;
  const closed = popup.waitForEvent("close");
  await heading(popup, "Sign in to continue to Notes");
  await before(popup, "on the sign-in page");
  await fillIn(popup, login);
  await heading(popup, "Notes wants to sign you in");
  await before(popup, "on the consent page");
  await agree(popup);
  await closed;
  await shows(page, `in: ${login}`);
}

export async function a_popup_signs_in_and_closes() {
  await byPopup("emil", {});
}

export async function a_popup_keeps_its_opener_through_both_pages() {
  // The library gives up when the window seems to be closed, as older versions always do.
  await byPopup("kuno", {popupAbortOnClose: true}, async (popup, where) =>
    assert.ok(await popup.evaluate(() => Boolean(globalThis.opener)), where),
  );
}

export async function signing_out_ends_the_session_of_authd_and_leads_back() {
  const page = await signedIn("fritz");
  await step(page, "signoutRedirect", {state: "of the application"});
  await page.waitForURL((url) => url.origin === world.app);
  await shows(page, "out");
  await step(page, "signinSilent");
  await shows(page, "error: login_required");
  await page.goto(`${world.base}/account`);
  await heading(page, "Sign in to Fjord");
}

export async function another_site_signs_people_out_only_after_they_say_so() {
  const page = await signedIn("gerda", {origin: world.elsewhere});
  await page.evaluate(() => globalThis.manager.removeUser()); // And with it the ID token.
  await step(page, "signoutRedirect");
  await page.waitForURL((url) => url.pathname === "/signout");
  await page.locator("#main").getByRole("button", {name: "Sign out"}).click();
  await page.waitForURL((url) => url.origin === world.elsewhere);
  await shows(page, "out");
  await page.goto(`${world.base}/account`);
  await heading(page, "Sign in to Fjord");
}

export async function a_refresh_token_renews_and_revocation_ends_it() {
  const page = await signedIn("hans", {scope: "openid profile offline_access"});
  const before = await user(page);
  assert.ok(before.refresh_token);
  await page.context().clearCookies(); // So that no frame can do it.
  await step(page, "signinSilent");
  await shows(page, "in: hans");
  const after = await user(page);
  assert.notEqual(after.refresh_token, before.refresh_token);
  const about = (token) =>
    page.evaluate(
      async ([address, bearer]) => {
        const reply = await fetch(address, {headers: {Authorization: `Bearer ${bearer}`}});
        return reply.status;
      },
      [`${world.base}/oauth2/userinfo`, token],
    );
  assert.equal(await about(after.access_token), 200);
  await page.evaluate(() => globalThis.manager.revokeTokens(["refresh_token"]));
  assert.equal(await about(after.access_token), 401);
}

export async function a_new_login_is_asked_for_by_prompt() {
  const page = await signedIn("ida");
  const before = await user(page);
  await step(page, "signinRedirect", {prompt: "login"});
  await fillIn(page, "ida");
  await shows(page, "in: ida");
  assert.ok((await user(page)).profile.auth_time >= before.profile.auth_time);
}

export async function a_form_brings_the_answer_by_itself() {
  const page = await newPage();
  await page.goto(`${world.base}${world.formAddress}`);
  await fillIn(page, "jule", "Forms");
  await heading(page, "Forms wants to sign you in");
  await page.getByRole("button", {name: "Continue", exact: true}).click();
  await page.waitForURL(`${world.app}/form`);
  const [line, type, body] = (await page.locator("body").innerText()).split("\n");
  assert.equal(line, "POST /form");
  assert.equal(type, "application/x-www-form-urlencoded");
  const sent = new URLSearchParams(body);
  assert.ok(sent.get("code"));
  assert.equal(sent.get("state"), '"><script>&');
  assert.equal(sent.get("iss"), world.base);
}
