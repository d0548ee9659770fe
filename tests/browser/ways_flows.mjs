// Getting in by other ways: mailed links and codes, providers, the first administrator; and what every page does.
import {
  assert,
  at,
  browser,
  heading,
  mailCount,
  mailTo,
  person,
  signIn,
  signUp,
  told,
  world,
} from "./world.mjs";

export async function a_mailed_link_and_a_mailed_code_sign_in() {
  const page = await (await person()).newPage();
  await signUp(page, "linus");
  await page.goto((await mailTo("linus@example.org", "Confirm your address")).link);
  await page.getByRole("button", {name: "Confirm the address"}).click();
  await heading(page, "Your email is confirmed");
  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByLabel("Username or email").fill("linus@example.org");
  await page.getByRole("button", {name: "Email me a link"}).click();
  assert.equal(await page.getByLabel("Email").inputValue(), "linus@example.org");
  await page.getByRole("button", {name: "Send the link"}).click();
  await heading(page, "Check your email");
  const {link} = await mailTo("linus@example.org", "login link");

  const elsewhere = await (await person()).newPage();
  await elsewhere.goto(link);
  await elsewhere.getByRole("button", {name: "Sign in"}).click();
  await elsewhere.getByText("This link has expired or has already been used.").waitFor();

  await page.goto(link);
  await page.getByRole("button", {name: "Sign in"}).click();
  await heading(page, "Profile");

  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByRole("button", {name: "Email me a code"}).click();
  await page.getByLabel("Email").fill("linus@example.org");
  const before = mailCount("linus@example.org", "login code");
  await page.getByRole("button", {name: "Send the code"}).click();
  await page.getByLabel("Code").fill("000000");
  await page.getByRole("button", {name: "Sign in"}).click();
  await page.getByText("The code is wrong.").or(page.getByRole("alert")).first().waitFor();
  await page.getByText(/^Valid until \d/).waitFor();
  const again = page.getByRole("button", {name: /^Send the code again/});
  assert.ok(await again.isDisabled());
  assert.match(await again.textContent(), /\(\d+ s\)/);
  const {code} = await mailTo("linus@example.org", "login code", before);
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", {name: "Sign in"}).click();
  await heading(page, "Profile");
}

export async function a_mail_is_sent_again_and_to_another_address() {
  const page = await (await person()).newPage();
  // The pause is the server's word.
  let pause = 0;
  let refused = false;
  const sent = [];
  await page.route("**/auth/otp/send", async (route) => {
    sent.push(route.request().postDataJSON().email);
    return refused
      ? route.fulfill({
          status: 429,
          headers: {"Retry-After": "30"},
          json: {error: "rate_limited", message: "wait"},
        })
      : route.fulfill({json: {message: "sent", expires_in: 600, resend_after: pause}});
  });
  await page.goto("/signin");
  await page.getByRole("button", {name: "Email me a code"}).click();
  await page.getByLabel("Email").fill("wrong@example.org");
  await page.getByRole("button", {name: "Send the code"}).click();
  await page.getByRole("button", {name: "Wrong address?"}).click();
  assert.equal(await page.getByLabel("Email").inputValue(), "wrong@example.org");
  await page.getByLabel("Email").fill("right@example.org");
  await page.getByRole("button", {name: "Send the code"}).click();
  const again = page.getByRole("button", {name: "Send the code again"});
  pause = 60;
  await again.click();
  await page.getByRole("button", {name: /again \(\d+ s\)/}).waitFor();
  assert.deepEqual(sent, ["wrong@example.org", "right@example.org", "right@example.org"]);
  await page.getByRole("button", {name: "Wrong address?"}).click();
  pause = 0;
  await page.getByRole("button", {name: "Send the code"}).click();
  refused = true;
  await again.click();
  await page.getByRole("alert").getByText("Too many attempts.").waitFor();
  await page.getByRole("button", {name: /again \((30|29|28) s\)/}).waitFor();
}

export async function after_signing_in_only_known_places_are_gone_to() {
  for (const [wanted, expected] of [
    ["/account/sessions", "/account/sessions"],
    [`${world.app}.evil.example/`, "/account"],
    ["/\\evil.example", "/account"],
    ["javascript:alert(1)", "/account"],
  ]) {
    const page = await (await person()).newPage();
    await signIn(page, "root", world.password, `/signin?return_to=${encodeURIComponent(wanted)}`);
    await page.locator(".content h1").waitFor();
    await at(page, world.base + expected);
    await page.context().close();
  }
  const context = await person();
  await context.route(`${world.app}/**`, (route) =>
    route.fulfill({contentType: "text/html", body: "<title>there</title>"}),
  );
  const page = await context.newPage();
  await signIn(
    page,
    "root",
    world.password,
    `/signin?return_to=${encodeURIComponent(`${world.app}/start?a=1`)}`,
  );
  await page.waitForURL(`${world.app}/start?a=1`);
}

export async function an_application_without_the_cookie_does_not_go_round_in_circles() {
  const context = await person();
  let visits = 0;
  // Whoever comes is sent back, as if the cookie had not come along.
  await context.route(`${world.app}/**`, (route) => {
    visits += 1;
    return route.fulfill({
      status: 302,
      headers: {
        Location: `${world.base}/signin?return_to=${encodeURIComponent(`${world.app}/x?${visits}`)}`,
      },
    });
  });
  const page = await context.newPage();
  const address = `/signin?return_to=${encodeURIComponent(`${world.app}/x`)}`;
  await signIn(page, "root", world.password, address);
  await heading(page, "You are signed in, but the application does not see it");
  await page.getByText(new URL(world.app).host).first().waitFor();
  assert.equal(visits, 4, "once after signing in, and three times by itself");
  await page.getByRole("link", {name: "Try again"}).waitFor();
  await page.getByRole("link", {name: "Go to your account"}).click();
  await heading(page, "Profile");
}

export async function an_application_signs_people_out() {
  const context = await person();
  await context.route(`${world.app}/**`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<a href="${world.base}/signout?return_to=${encodeURIComponent(`${world.app}/bye`)}">out</a>`,
    }),
  );
  const page = await context.newPage();
  await signIn(page, "root", world.password, "/signin");
  await heading(page, "Profile");
  // An address that was typed, or a link in a mail: a question first.
  await page.goto(`/signout?return_to=${encodeURIComponent(`${world.app}/typed`)}`);
  await heading(page, "Sign out?");
  await page.getByRole("link", {name: "Stay signed in"}).click();
  await heading(page, "Profile");
  await page.goto("/signout?return_to=https%3A%2F%2Fevil.example%2F");
  await page.getByRole("button", {name: "Sign out"}).last().click();
  await heading(page, "Sign in to Fjord");
  // A link of the application: at once, and back.
  await signIn(page, "root", world.password, "/signin");
  await heading(page, "Profile");
  await page.goto(`${world.app}/`);
  await page.getByRole("link", {name: "out"}).click();
  await page.waitForURL(`${world.app}/bye`);
  await page.goto("/account");
  await heading(page, "Sign in to Fjord");
  // Nobody is left to sign out.
  await page.goto("/signout");
  await heading(page, "You are signed out");
}

export async function who_is_not_signed_in_comes_back_after_signing_in() {
  const page = await (await person()).newPage();
  await page.goto("/account/linked");
  await heading(page, "Sign in to Fjord");
  await page.getByLabel("Username or email").fill("root");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
  await heading(page, "Linked accounts");
}

export async function a_provider_signs_in_and_is_linked_and_unlinked() {
  const page = await (await person()).newPage();
  const atProvider = async (name) => {
    await page.locator('input[name="login"]').fill(name);
    await page.locator('input[name="password"]').fill("any");
    await page.locator('button[type="submit"]').click();
    await page.locator('input[name="login"]').waitFor({state: "detached"}); // The next form is another page's.
    await page.locator("form").waitFor();
    await page.locator('button[type="submit"]').click();
  };
  await page.goto("/signin?return_to=/account/linked");
  await page.getByRole("link", {name: "Continue with Acme"}).click();
  await atProvider("gerda");
  await heading(page, "Linked accounts");
  await page.getByText("gerda@example.org, since").waitFor();
  await page.getByRole("button", {name: "Unlink: Acme"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Unlink"}).click();
  await told(page, "This is the last way to sign in to your account");

  await page.context().clearCookies();
  await signUp(page, "gerd");
  await page.goto("/account/linked");
  await page.getByRole("button", {name: "Link: Acme"}).click();
  await atProvider("gerd");
  await page.getByText("gerd@example.org, since").waitFor();
  await page.getByRole("button", {name: "Unlink: Acme"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Unlink"}).click();
  await told(page, "Unlinked.");
}

export async function a_refused_provider_is_told() {
  const page = await (await person()).newPage();
  await page.goto("/signin?error=provider_refused&provider=acme&return_to=%2Faccount%2Fdata");
  await page.getByRole("alert").getByText("The provider refused the sign-in.").waitFor();
  await at(page, ({search}) => search === "?return_to=%2Faccount%2Fdata");
}

export async function the_first_administrator_is_set_up_once() {
  const page = await (await person({baseURL: world.fresh})).newPage();
  await page.goto("/setup");
  await page.getByText("This address is incomplete").waitFor();
  await page.goto(`/setup?${world.setup}`);
  await heading(page, "Set up this server");
  await page.getByLabel("Username").fill("boss");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
  await page.getByRole("button", {name: "Create administrator"}).click();
  await heading(page, "Overview");
  await page.context().clearCookies();
  await page.goto(`/setup?${world.setup}`);
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await page.getByLabel("Repeat the password").fill(world.password);
  await page.getByRole("button", {name: "Create administrator"}).click();
  await page.getByRole("alert").waitFor();
  await page.goto("/signup");
  await page.getByText("Only the administrators of this service").waitFor();
}

export async function language_and_theme_are_chosen_and_kept() {
  const german = await (await person({locale: "de-DE"})).newPage();
  await german.goto("/signin");
  await heading(german, "Bei Fjord anmelden");
  assert.equal(await german.locator("html").getAttribute("lang"), "de");
  const page = await (await person()).newPage();
  await page.goto("/signin");
  await page.getByLabel("Language").selectOption("de");
  await heading(page, "Bei Fjord anmelden");
  await page.getByRole("button", {name: /Darstellung/}).click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.reload();
  await heading(page, "Bei Fjord anmelden");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), colour);
}

export async function a_page_that_is_left_or_cut_off_while_it_loads_is_no_error() {
  const page = await (await person()).newPage();
  page.removeAllListeners("console"); // The browser's own lines about what is cut off here.
  let asked = 0;
  await page.route("**/ui/en.json", async (route) => {
    asked += 1;
    if (asked === 1)
      await page.reload().catch(() => {}); // Its answer never comes.
    else if (asked === 2) await route.abort();
    else if (asked === 3) await route.fulfill({status: 503, body: "later"});
    else await route.continue();
  });
  await page.goto("/signin").catch(() => {});
  await heading(page, "Sign in to Fjord");
  assert.ok(asked >= 4);
}

export async function without_a_server_the_page_says_so() {
  const context = await person();
  const page = await context.newPage();
  await page.goto("/signin");
  await heading(page, "Sign in to Fjord");
  await context.route("**/api/**", (route) =>
    route.fulfill({status: 503, contentType: "text/html", body: "<h1>Bad gateway</h1>"}),
  );
  await page.getByLabel("Username or email").fill("root");
  await page.getByLabel("Password", {exact: true}).fill("x");
  page.removeAllListeners("console");
  await page.getByRole("button", {name: "Sign in", exact: true}).click();
  await page.getByRole("alert").getByText("Something went wrong").waitFor();
  assert.equal(browser.isConnected(), true);
}
