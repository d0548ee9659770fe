// Signing in to an application with the account of this server.
import {administered, client, requestOf} from "./application.mjs";
import {
  assert,
  at,
  heading,
  person,
  setUpApp,
  signIn,
  signUp,
  titled,
  told,
  totp,
  world,
} from "./world.mjs";

async function fillIn(page, login, password = world.password) {
  await page.getByLabel("Username or email").fill(login);
  await page.getByLabel("Password", {exact: true}).fill(password);
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
}

const allow = (page) => page.getByRole("button", {name: "Continue", exact: true}).click();

export async function a_person_signs_in_allows_and_is_back_in_the_application() {
  const notes = await client("Notes", {
    description: "Where notes are kept.",
    policy_uri: "https://notes.example/privacy",
    client_uri: "https://notes.example",
  });
  const page = await (await person()).newPage();
  await signUp(page, "nadia");
  await page.context().clearCookies();
  const request = requestOf(notes, {scope: "offline_access email groups profile openid"});
  await page.goto(request.address);
  await heading(page, "Sign in to continue to Notes");
  await at(page, ({pathname, searchParams}) =>
    Boolean(pathname === "/signin" && searchParams.get("return_to")),
  );
  await fillIn(page, "nadia");
  await heading(page, "Notes wants to sign you in");
  await titled(page, "Signing in to an application · Fjord");
  await page.getByText("Where notes are kept.").waitFor();
  await page.getByText("You are signed in as nadia").waitFor();
  await page.getByText(`You return to ${world.app}.`).waitFor();
  // Who they are is first, and that it lasts is last.
  const points = await page.locator(".points li").allTextContents();
  assert.match(points[0], /^who you are/);
  assert.match(points.at(-1), /while you are away/);
  assert.equal(points.length, 5);
  const policy = page.getByRole("link", {name: "Privacy policy"}).last();
  assert.equal(await policy.getAttribute("href"), "https://notes.example/privacy");
  await allow(page);
  const {code} = await request.answer(page);
  const {claims, tokens} = await request.redeem(page, code);
  assert.equal(claims.preferred_username, "nadia");
  assert.ok(tokens.refresh_token);
  // The next time nobody is asked.
  const next = requestOf(notes);
  await page.goto(next.address);
  assert.ok((await next.answer(page)).code);
}

export async function what_is_typed_before_the_scripts_are_there_is_kept() {
  const late = await client("Late", {consent: "skip"});
  const page = await (await person()).newPage();
  await signUp(page, "yngve");
  await page.context().clearCookies();
  let letCome;
  const typed = new Promise((resolve) => {
    letCome = resolve;
  });
  await page.route("**/ui/app.js", async (route) => {
    await typed;
    await route.continue();
  });
  const request = requestOf(late);
  await page.goto(request.address, {waitUntil: "commit"});
  await page.getByLabel("Username or email").fill("yngve");
  const password = page.getByLabel("Password", {exact: true});
  const half = Math.floor(world.password.length / 2);
  await password.pressSequentially(world.password.slice(0, half));
  letCome();
  await page.getByRole("button", {name: "Email me a link"}).waitFor();
  // The other half goes where the first is.
  await page.keyboard.type(world.password.slice(half));
  await page.keyboard.press("Enter");
  assert.ok((await request.answer(page)).code);
}

// Signs somebody up, and gives a page of a browser that runs no scripts.
async function without_scripts(username) {
  await signUp(await (await person()).newPage(), username);
  return (await person({javaScriptEnabled: false})).newPage();
}

export async function a_whole_authorization_without_scripts() {
  const plain = await client("Plain", {description: "Runs anywhere."});
  const page = await without_scripts("vilma");
  const request = requestOf(plain, {scope: "openid profile email groups"});
  await page.goto(request.address);
  await heading(page, "Sign in to continue to Plain");
  await fillIn(page, "vilma", "not the password");
  await page.locator(".message.bad").waitFor();
  await fillIn(page, "vilma");
  await heading(page, "Plain wants to sign you in");
  await page.getByText(world.app).waitFor();
  await page.getByText("your email address").waitFor();
  await page.getByText("your roles").waitFor();
  await allow(page);
  const {claims} = await request.redeem(page, (await request.answer(page)).code);
  assert.equal(claims.preferred_username, "vilma");
  // The next time nobody is asked, and nobody signs in.
  const next = requestOf(plain);
  await page.goto(next.address);
  assert.ok((await next.answer(page)).code);
}

export async function whoever_says_no_without_scripts_is_back_with_an_error() {
  const plain = await client("Bare");
  const page = await without_scripts("vesna");
  const request = requestOf(plain);
  await page.goto(request.address);
  await fillIn(page, "vesna");
  await heading(page, "Bare wants to sign you in");
  await page.getByRole("button", {name: "Cancel"}).click();
  const answer = await request.answer(page);
  assert.equal(answer.error, "access_denied");
  assert.equal(answer.code, undefined);
}

export async function an_answer_by_a_form_needs_a_click_without_scripts() {
  const plain = await client("Posted", {consent: "skip"});
  const page = await without_scripts("vanja");
  const request = requestOf(plain, {response_mode: "form_post"});
  await page.goto(request.address);
  await fillIn(page, "vanja");
  await heading(page, "One moment");
  const posted = page.waitForRequest((one) => one.url().startsWith(world.app));
  await page.getByRole("button", {name: "Continue"}).click();
  const sent = await posted;
  assert.equal(sent.method(), "POST");
  const answer = Object.fromEntries(new URLSearchParams(sent.postData()));
  assert.equal(answer.iss, world.base);
  await heading(page, "There");
  const {claims} = await request.redeem(page, answer.code);
  assert.equal(claims.preferred_username, "vanja");
}

export async function a_second_factor_is_given_without_scripts() {
  const plain = await client("Locked", {consent: "skip"});
  const settled = await (await person()).newPage();
  await signUp(settled, "vigdis");
  await settled.goto("/account/security");
  const secret = await setUpApp(settled);
  const page = await (await person({javaScriptEnabled: false})).newPage();
  const request = requestOf(plain);
  await page.goto(request.address);
  await fillIn(page, "vigdis");
  await heading(page, "Your second factor");
  const code = page.getByLabel("Code from your authenticator app");
  await code.fill("000000");
  await code.press("Enter");
  await page.locator(".message.bad").waitFor();
  await code.fill(totp(secret, 1));
  await code.press("Enter");
  assert.ok((await request.answer(page)).code);
}

export async function whoever_may_not_enter_is_told_without_scripts() {
  const closed = await client("Cellar", {roles: ["admin"], consent: "skip"});
  const page = await without_scripts("valter");
  const request = requestOf(closed);
  await page.goto(request.address);
  await fillIn(page, "valter");
  await page.getByText("Your account may not use this application.").waitFor();
  await page.getByRole("link", {name: "Use another account"}).click();
  await fillIn(page, "root");
  assert.ok((await request.answer(page)).code);
}

export async function whoever_says_no_is_back_with_an_error() {
  const mail = await client("Mail");
  const page = await (await person()).newPage();
  await signUp(page, "otis");
  const request = requestOf(mail);
  await page.goto(request.address);
  await heading(page, "Mail wants to sign you in");
  await page.getByRole("button", {name: "Cancel"}).click();
  const answer = await request.answer(page);
  assert.equal(answer.error, "access_denied");
  assert.equal(answer.code, undefined);
  // The question comes again, and the keyboard is enough.
  const next = requestOf(mail);
  await page.goto(next.address);
  await heading(page, "Mail wants to sign you in");
  await page.getByRole("button", {name: "Continue"}).focus();
  await page.keyboard.press("Enter");
  assert.ok((await next.answer(page)).code);
}

export async function another_account_is_chosen_on_the_way() {
  const wiki = await client("Wiki");
  const other = await (await person()).newPage();
  await signUp(other, "olga");
  const page = await (await person()).newPage();
  await signUp(page, "pavel");
  // An application may send a lot along.
  const request = requestOf(wiki, {state: "s".repeat(1200)});
  await page.goto(request.address);
  await heading(page, "Wiki wants to sign you in");
  await page.getByText("You are signed in as pavel").waitFor();
  await page.getByRole("link", {name: "Use another account"}).click();
  await heading(page, "Sign in to continue to Wiki");
  await fillIn(page, "olga");
  await heading(page, "Wiki wants to sign you in");
  await page.getByText("You are signed in as olga").waitFor();
  await allow(page);
  const {claims} = await request.redeem(page, (await request.answer(page)).code);
  assert.equal(claims.preferred_username, "olga");
}

export async function an_application_lets_people_choose_an_account() {
  const files = await client("Files", {consent: "skip"});
  const page = await (await person()).newPage();
  await signUp(page, "quentin");
  const request = requestOf(files, {prompt: "select_account"});
  await page.goto(request.address);
  await heading(page, "Files wants to sign you in");
  await page.getByRole("button", {name: "Continue as quentin"}).click();
  assert.ok((await request.answer(page)).code);
  // Without that, an application of the house asks nothing.
  const silent = requestOf(files);
  await page.goto(silent.address);
  assert.ok((await silent.answer(page)).code);
}

export async function who_may_not_enter_is_told_and_can_use_another_account() {
  const accounts = await client("Accounts", {roles: ["admin"], consent: "skip"});
  const page = await (await person()).newPage();
  await signUp(page, "rosa");
  const request = requestOf(accounts);
  await page.goto(request.address);
  await page.getByText("Your account may not use this application.").waitFor();
  await page.getByRole("link", {name: "Use another account"}).click();
  await fillIn(page, "root");
  assert.ok((await request.answer(page)).code);
}

export async function a_request_that_is_no_longer_valid_is_explained() {
  const gone = await client("Gone");
  const page = await (await person()).newPage();
  await signUp(page, "sven");
  await page.goto("/consent?request=nonsense");
  await heading(page, "Signing in to an application");
  await page.getByText("This request is no longer valid.").waitFor();
  await page.goto(requestOf(gone).address);
  await heading(page, "Gone wants to sign you in");
  await administered("PATCH", `clients/${gone.client_id}`, {disabled: true});
  await allow(page);
  await page.getByRole("alert").getByText("This request is no longer valid.").waitFor();
}

export async function an_application_on_the_device_is_asked_about_every_time() {
  const game = await client("Game", {public: true});
  const page = await (await person()).newPage();
  await signUp(page, "tessa");
  for (let i = 0; i < 2; ++i) {
    const request = requestOf(game);
    await page.goto(request.address);
    await page.getByText("Any program on it could pretend to be Game").waitFor();
    await allow(page);
    assert.ok((await request.answer(page)).code);
  }
}

export async function signing_in_leads_to_what_a_person_may_open() {
  await client("Kiosk", {client_uri: "https://kiosk.example"});
  const page = await (await person()).newPage();
  await signUp(page, "walda");
  await page.context().clearCookies();
  await signIn(page, "walda");
  await heading(page, "Applications");
  await at(page, ({pathname}) => pathname === "/account/apps");
  await page.getByRole("link", {name: "Kiosk"}).waitFor();
  // A page that is asked for is shown, and administrators have other things to do.
  await page.context().clearCookies();
  await signIn(page, "walda", world.password, "/signin?return_to=/account/data");
  await at(page, ({pathname}) => pathname === "/account/data");
  await page.context().clearCookies();
  await signIn(page, "root");
  await heading(page, "Profile");
}

export async function a_tile_opens_the_sign_in_of_an_application() {
  await client("Library", {
    client_uri: "https://library.example/shelf?row=3",
    initiate_login_uri: `${world.app}/login?lang=en`,
  });
  const page = await (await person()).newPage();
  await signUp(page, "wilma");
  await page.goto("/account/apps");
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", {name: "Library"}).click();
  const tab = await opened;
  await tab.waitForURL((url) => url.origin === world.app);
  const sent = new URL(tab.url());
  assert.equal(sent.pathname, "/login");
  assert.deepEqual(Object.fromEntries(sent.searchParams), {
    lang: "en",
    iss: world.base,
    target_link_uri: "https://library.example/shelf?row=3",
  });
}

export async function the_account_lists_its_applications_and_removes_their_access() {
  const photos = await client("Photos", {client_uri: "https://photos.example"});
  const page = await (await person()).newPage();
  await signUp(page, "ulla");
  await page.goto("/account/apps");
  await page.getByText("You have not signed in to any application").waitFor();
  const first = requestOf(photos);
  await page.goto(first.address);
  await allow(page);
  await first.redeem(page, (await first.answer(page)).code);
  const second = requestOf(photos, {scope: "openid groups offline_access"});
  await page.goto(second.address);
  await heading(page, "Photos wants to sign you in");
  await allow(page);
  const {tokens} = await second.redeem(page, (await second.answer(page)).code);
  const refresh = () =>
    page.request.post(`${world.base}/oauth2/token`, {
      form: {
        grant_type: "refresh_token",
        refresh_token: tokens.refresh_token,
        client_id: photos.client_id,
        client_secret: photos.client_secret,
      },
    });

  // What a person allowed stays in the list when the application has ended its grant.
  const notes = await client("Notes");
  const third = requestOf(notes, {scope: "openid offline_access"});
  await page.goto(third.address);
  await allow(page);
  const {tokens: ended} = await third.redeem(page, (await third.answer(page)).code);
  await page.request.post(`${world.base}/oauth2/revoke`, {
    form: {
      token: ended.refresh_token,
      client_id: notes.client_id,
      client_secret: notes.client_secret,
    },
  });
  await page.goto("/account/apps");
  await page.locator(".item", {hasText: "Notes"}).getByText("not in use").waitFor();
  await page.getByRole("button", {name: "Remove access: Notes"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Remove access"}).click();
  await told(page, "Access removed.");

  // Two grants are one line.
  await page.goto("/account/apps");
  const row = page.locator(".item", {hasText: "Photos"});
  await row.waitFor();
  assert.equal(await row.count(), 1);
  assert.match(await row.textContent(), /even while you are signed out/);
  assert.match(await row.textContent(), /your email address; your roles/);
  await page.getByRole("button", {name: "Remove access: Photos"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Photos can no longer use your account").waitFor();
  await dialog.getByRole("button", {name: "Remove access"}).click();
  await told(page, "Access removed.");
  await page.getByText("You have not signed in to any application").waitFor();
  assert.equal((await refresh()).status(), 400);
  await page.goto(requestOf(photos).address);
  await heading(page, "Photos wants to sign you in");
}
