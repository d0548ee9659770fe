// The own account.
import {
  assert,
  heading,
  mailTo,
  person,
  picture,
  signIn,
  signOut,
  signUp,
  stays,
  told,
  totp,
  textsIn,
  world,
} from "./world.mjs";

const german = textsIn("de");

export async function the_profile_is_changed() {
  const page = await (await person()).newPage();
  await signUp(page, "paula");
  await page.getByLabel("First name").fill("Paula");
  await page.getByLabel("Last name").fill("<b>Berg</b>");
  await page.getByRole("button", {name: "Save changes"}).click();
  await told(page, "Saved.");
  await page.getByRole("heading", {name: "Paula <b>Berg</b>"}).waitFor();
  await page.getByLabel("Phone number").fill("not a number");
  await page.getByRole("button", {name: "Save changes"}).click();
  await page.getByText("A phone number must begin").waitFor();
}

export async function attributes_are_changed_by_whom_they_belong_to() {
  const page = await (await person({locale: "de-DE"})).newPage();
  await page.goto("/signup");
  await page.getByLabel(german("username")).fill("anton");
  await page.getByLabel(german("password"), {exact: true}).fill(world.password);
  await page.getByLabel(german("password.repeat")).fill(world.password);
  await page.getByRole("button", {name: german("signup.submit")}).click();
  const panel = page
    .locator("section")
    .filter({hasText: german("attributes.title")})
    .last();
  await panel.getByText(german("attributes.unset")).first().waitFor();
  // What only administrators write is there as text, and what only they read is not there.
  assert.equal(await panel.getByLabel("Department").count(), 0);
  assert.equal(await page.getByText("Remark of the office").count(), 0);
  const save = () => panel.getByRole("button", {name: german("attributes.save")}).click();
  await panel.getByLabel("Shoe size").fill("43½");
  await save();
  await panel.getByText(german("attributes.number")).waitFor();
  await panel.getByLabel("Shoe size").fill("43");
  await panel.getByLabel("Vegetarian").selectOption({label: german("attributes.no")});
  await panel.getByLabel("Dialects").fill("Low German\n<b>Frisian</b>\n");
  await save();
  await told(page, german("saved"));
  await page.reload();
  assert.equal(await panel.getByLabel("Shoe size").inputValue(), "43");
  assert.equal(await panel.getByLabel("Vegetarian").inputValue(), "false");
  assert.equal(await panel.getByLabel("Dialects").inputValue(), "Low German\n<b>Frisian</b>");
}

export async function a_refused_password_is_explained_at_its_field() {
  const page = await (await person({locale: "de-DE"})).newPage();
  await page.goto("/signup");
  // The rules are there before anything is typed.
  await page.getByText("Mindestens 8 Zeichen.").waitFor();
  await page.getByText(german("password.hint_known")).waitFor();
  await page.getByLabel(german("username")).fill("frieda");
  const field = page.getByLabel(german("password"), {exact: true});
  const note = page.locator(`[id="${await field.getAttribute("aria-describedby")}"]`);
  for (const [password, text] of [
    ["secret7", german("error.weak_password.too_short.other", {count: 8})],
    ["x".repeat(257), german("error.weak_password.too_long.other", {count: 256})],
    ["193570356033", german("error.weak_password.common")],
  ]) {
    await field.fill(password);
    await page.getByLabel(german("password.repeat")).fill(password);
    await page.getByRole("button", {name: german("signup.submit")}).click();
    await note.filter({hasText: text}).waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
  }
}

export async function a_leaked_password_is_told_until_it_is_changed() {
  const page = await (await person()).newPage();
  await signUp(page, "lena");
  await page.route("**/api/v1/users/me", async (route) => {
    const reply = await route.fetch();
    await route.fulfill({json: {...(await reply.json()), password_leaked: true}});
  });
  await page.goto("/account");
  const notice = page.getByText("Your password has become known");
  await notice.waitFor();
  await page.getByRole("link", {name: "Change password"}).click();
  await notice.waitFor();
  await page.getByLabel("Current password").fill(world.password);
  await page.getByLabel("New password", {exact: true}).fill("four unlikely words together");
  await page.getByLabel("Repeat the password").fill("four unlikely words together");
  await page.getByRole("button", {name: "Change password"}).click();
  await told(page, "Password changed.");
  await notice.waitFor({state: "detached"});
  await page.unrouteAll({behavior: "ignoreErrors"});
}

export async function the_username_is_changed_after_a_proof() {
  const page = await (await person()).newPage();
  await signUp(page, "ursula");
  // As after a quarter of an hour.
  let stale = true;
  await page.route("**/api/v1/users/me", (route) =>
    stale && route.request().method() === "PATCH"
      ? route.fulfill({
          status: 403,
          contentType: "application/json",
          body: '{"error":"reauthentication_required","message":"again"}',
        })
      : route.continue(),
  );
  await page.getByLabel("Username").fill("ursel");
  await page.getByRole("button", {name: "Save changes"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", {name: "Is it still you?"}).waitFor();
  stale = false;
  await dialog.getByLabel("Current password").fill(world.password);
  await dialog.getByRole("button", {name: "Confirm"}).click();
  await told(page, "Saved.");
  await page.getByRole("heading", {name: "ursel"}).waitFor();
  await mailTo("ursula@example.org", "login settings");
}

export async function the_password_is_changed_after_a_proof() {
  const page = await (await person()).newPage();
  await signUp(page, "pia");
  await page.goto("/account/security");
  const fill = async (current) => {
    await page.getByLabel("Current password").fill(current);
    await page.getByLabel("New password").fill("another fjord 77");
    await page.getByLabel("Repeat the password").fill("another fjord 77");
    await page.getByRole("button", {name: "Change password"}).click();
  };
  await fill("wrong");
  await page.getByText("This is not your current password.").waitFor();
  // As after a quarter of an hour.
  let stale = true;
  await page.route("**/auth/password/change", (route) =>
    stale
      ? route.fulfill({
          status: 403,
          contentType: "application/json",
          body: '{"error":"reauthentication_required","message":"again"}',
        })
      : route.continue(),
  );
  await fill(world.password);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", {name: "Is it still you?"}).waitFor();
  await dialog.getByLabel("Current password").fill("wrong again");
  await dialog.getByRole("button", {name: "Confirm"}).click();
  await dialog.getByText("The password or the code is wrong.").waitFor();
  stale = false;
  await dialog.getByLabel("Current password").fill(world.password);
  await dialog.getByRole("button", {name: "Confirm"}).click();
  await told(page, "Password changed.");
  await signOut(page);
  await signIn(page, "pia", "another fjord 77");
  await heading(page, "Profile");
}

export async function a_password_manager_is_told_whose_password_it_is() {
  const page = await (await person()).newPage();
  await signUp(page, "manfred");
  await page.goto("/account/security");
  const names = (form) =>
    form.evaluate((one) =>
      [...one.querySelectorAll("input")].map((input) => `${input.autocomplete}=${input.value}`),
    );
  const change = page.locator("form", {has: page.getByLabel("Current password")});
  await change.waitFor();
  assert.deepEqual(await names(change), [
    "username=manfred",
    "current-password=",
    "new-password=",
    "new-password=",
  ]);
  assert.match(
    await page.getByLabel("New password").getAttribute("passwordrules"),
    /^minlength: 8;/,
  );
  await signOut(page);
  await page.goto("/forgot");
  await page.getByLabel("Username or email").fill("manfred");
  await page.getByRole("button", {name: "Send the link"}).click();
  await page.goto((await mailTo("manfred@example.org", "Set a new password")).link);
  await page.getByText("Choose a new password for the account manfred").waitFor();
  assert.deepEqual(await names(page.locator("form")), [
    "username=manfred",
    "new-password=",
    "new-password=",
  ]);
}

export async function an_api_key_is_made_used_and_revoked() {
  const page = await (await person()).newPage();
  await signUp(page, "apia");
  await page.getByRole("link", {name: "API keys"}).click();
  await heading(page, "API keys");
  await page.getByText("No API keys.").waitFor();
  await page.getByRole("button", {name: "Create an API key"}).click();
  const dialog = page.getByRole("dialog");
  // What only administrators may do is not offered.
  assert.equal(await dialog.getByLabel("What it may do").locator("option").count(), 2);
  await dialog.getByLabel("Name").fill("backup script");
  await dialog.getByLabel("What it may do").selectOption("profile:read");
  await dialog.getByRole("button", {name: "Create an API key"}).click();
  await dialog.getByText("The key is shown only now.").waitFor();
  const key = await dialog.locator(".secret code").textContent();
  await stays(page, key);
  const asked = await page.request.get("/api/v1/users/me", {
    headers: {Authorization: `Bearer ${key}`, Cookie: ""},
  });
  assert.equal((await asked.json()).username, "apia");
  await dialog.getByRole("button", {name: "I have saved it"}).click();
  await page.getByText("backup script").waitFor();
  await page.getByRole("button", {name: "Revoke: backup script"}).click();
  await dialog.getByRole("button", {name: "Revoke"}).click();
  await told(page, "Revoked.");
  await page.getByText("No API keys.").waitFor();
}

export async function a_page_on_its_way_shows_itself() {
  const page = await (await person()).newPage();
  await signUp(page, "langsam");
  let goOn;
  const held = new Promise((resolve) => {
    goOn = resolve;
  });
  await page.route("**/users/me/sessions", async (route) => {
    await held;
    await route.continue();
  });
  const link = page.locator(".side").getByRole("link", {name: "Sessions"});
  await link.click();
  // At once, while the old page is still there.
  await page.waitForFunction(
    () => document.querySelector('.side [aria-current="page"]').pathname === "/account/sessions",
  );
  assert.equal(await page.locator("h1").textContent(), "Profile");
  await page.locator(".loading").waitFor();
  goOn();
  await heading(page, "Sessions");
  await page.locator(".loading").waitFor({state: "hidden"});
}

export async function the_email_is_changed_by_its_link() {
  const page = await (await person()).newPage();
  await signUp(page, "mona");
  await page.goto("/account/security");
  await page.getByLabel("New email").fill("mona@example.com");
  await page.getByRole("button", {name: "Change email"}).click();
  await page.getByText("Open the link in the email to mona@example.com").waitFor();
  const {link} = await mailTo("mona@example.com", "Confirm your new address");
  // Elsewhere it leads to sign-in and back.
  const other = await (await person()).newPage();
  await other.goto(link);
  await other.getByText("mona@example.com will become the address of the account mona.").waitFor();
  await other.getByText("Sign in to the account mona to confirm this.").waitFor();
  await other.getByRole("button", {name: "Sign in"}).click();
  await other.getByLabel("Username or email").fill("mona");
  await other.getByLabel("Password", {exact: true}).fill(world.password);
  await other.getByRole("button", {name: "Sign in", exact: true}).click();
  await heading(other, "Confirm your new email");
  await other.getByRole("button", {name: "Confirm the address"}).waitFor();
  assert.equal(await other.evaluate(() => sessionStorage.length), 0);
  await page.goto(link);
  await page.getByText("mona@example.com will become the address of the account mona.").waitFor();
  await page.getByRole("button", {name: "Confirm the address"}).click();
  await page.getByText("mona@example.com is now the confirmed address").waitFor();
}

export async function a_change_of_the_email_is_stopped() {
  const page = await (await person()).newPage();
  await signUp(page, "nils");
  await page.goto("/account/security");
  await page.getByLabel("New email").fill("nils@example.com");
  await page.getByRole("button", {name: "Change email"}).click();
  await page.getByText("Open the link in the email to nils@example.com").waitFor();
  const old = await (await person()).newPage();
  const stop = (await mailTo("nils@example.org", "was requested")).link;
  await old.goto(stop);
  await old
    .getByText("Someone asked to make nils@example.com the address of the account nils.")
    .waitFor();
  await old.getByRole("button", {name: "Stop the change"}).click();
  await heading(old, "The change was stopped");
  await old.goto(stop);
  await old.getByText("No change of address is pending for the account nils.").waitFor();
  assert.equal(await old.getByRole("button", {name: "Stop the change"}).count(), 0);
  await page.goto((await mailTo("nils@example.com", "Confirm your new address")).link);
  await page.getByText("This link has expired or has already been used.").waitFor();
}

export async function a_second_factor_is_set_up_used_and_removed() {
  const page = await (await person()).newPage();
  await signUp(page, "tove");
  await page.goto("/account/security");
  await page.getByRole("button", {name: "Set up an app"}).click();
  const dialog = page.getByRole("dialog");
  const qr = dialog.getByRole("img", {name: /QR code/});
  assert.ok(await qr.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  await dialog.getByText("Can't scan it?").click();
  const secret = await dialog.locator(".secret code").textContent();
  await dialog.getByLabel("Code from the app").fill("000000");
  await dialog.getByRole("button", {name: "Turn on"}).click();
  await dialog.getByText("The code is wrong.").waitFor();
  await dialog.getByLabel("Code from the app").fill(totp(secret));
  await dialog.getByRole("button", {name: "Turn on"}).click();
  await dialog.getByRole("heading", {name: "Recovery codes"}).waitFor();
  const codes = await dialog.locator(".codes code").allTextContents();
  assert.equal(codes.length, 10);
  await picture(page, "recovery-codes-1280-light");
  const download = page.waitForEvent("download");
  await dialog.getByRole("link", {name: "Download"}).click();
  assert.equal((await download).suggestedFilename(), "recovery-codes.txt");
  await stays(page, codes[0]);
  await dialog.getByRole("button", {name: "I have saved them"}).click();
  await page.getByText("Signing in requires a code").waitFor();
  assert.equal(await page.getByText(codes[0]).count(), 0);

  await signOut(page);
  await signIn(page, "tove", world.password, "/signin?return_to=/account/data");
  await heading(page, "One more step");
  await picture(page, "second-step-1280-light");
  await page.getByLabel("Code from your authenticator app").fill("123456");
  await page.getByRole("button", {name: "Verify"}).click();
  await page.getByText("The code is wrong.").waitFor();
  // The code that is spent was of this step or the one before; the next one is taken already.
  await page.getByLabel("Code from your authenticator app").fill(totp(secret, 1));
  await page.getByRole("button", {name: "Verify"}).click();
  await heading(page, "Your data");

  await signOut(page);
  await signIn(page, "tove");
  await page.getByRole("button", {name: "Use a recovery code"}).click();
  await page.getByLabel("Recovery code").fill(codes[3]);
  await page.getByRole("button", {name: "Verify"}).click();
  await heading(page, "Profile");
  await page.goto("/account/security");
  // As after a quarter of an hour. A password is no proof where there is a second factor.
  let stale = true;
  await page.route("**/mfa/recovery-codes", (route) =>
    stale
      ? route.fulfill({
          status: 403,
          contentType: "application/json",
          body: '{"error":"reauthentication_required","message":"again"}',
        })
      : route.continue(),
  );
  await page.getByRole("button", {name: "New recovery codes"}).click();
  const proof = page.getByRole("dialog", {name: "Is it still you?"});
  await proof.getByLabel("Code").fill(codes[4]);
  assert.equal(await proof.getByLabel("Current password").count(), 0);
  stale = false;
  await proof.getByRole("button", {name: "Confirm"}).click();
  await page.getByRole("button", {name: "I have saved them"}).click();
  await page.getByRole("button", {name: "Turn off"}).click();
  await page.getByRole("dialog").getByRole("button", {name: "Turn off"}).click();
  await told(page, "The second factor is off.");
}

export async function another_session_is_ended_from_this_one() {
  const here = await (await person()).newPage();
  await signUp(here, "sven");
  const there = await (await person()).newPage();
  await signIn(there, "sven");
  await heading(there, "Profile");
  await here.goto("/account/sessions");
  await here.locator(".item", {hasText: "Browser"}).getByText("This device").waitFor();
  assert.equal(await here.locator(".item", {hasText: "Browser"}).count(), 2);
  await here.getByRole("button", {name: /^End:/}).click();
  await told(here, "Ended.");
  await there.getByRole("link", {name: "Security"}).click();
  await heading(there, "Sign in to Fjord");
  // All others at once, and then this one too.
  await signIn(there, "sven");
  await heading(there, "Profile");
  await here.getByRole("button", {name: "Sign out everywhere else"}).click();
  await here.getByRole("dialog").getByRole("button", {name: "Sign out everywhere else"}).click();
  await told(here, "You are signed out everywhere else.");
  await there.getByRole("link", {name: "Security"}).click();
  await heading(there, "Sign in to Fjord");
  await here.getByRole("button", {name: "Sign out everywhere", exact: true}).click();
  await here
    .getByRole("dialog")
    .getByRole("button", {name: "Sign out everywhere", exact: true})
    .click();
  await heading(here, "Sign in to Fjord");
}

export async function two_tabs_at_once() {
  const context = await person();
  const [one, two] = [await context.newPage(), await context.newPage()];
  await signUp(one, "tabea");
  for (let i = 0; i < 2; ++i) {
    await Promise.all([one.goto("/account"), two.goto("/account/sessions")]);
    await Promise.all([one.reload(), two.reload()]);
  }
  await Promise.all([heading(one, "Profile"), heading(two, "Sessions")]);
  const save = async (page, name) => {
    await page.goto("/account");
    await page.getByLabel("First name").fill(name);
    await page.getByRole("button", {name: "Save changes"}).click();
    await told(page, "Saved.");
  };
  await Promise.all([save(one, "Tab One"), save(two, "Tab Two")]);
  // The second tab signs in again: the first tab's CSRF token belongs to a session that is over.
  await signOut(two);
  await signIn(two, "tabea");
  await heading(two, "Profile");
  await one.getByLabel("First name").fill("Still here");
  await one.getByRole("button", {name: "Save changes"}).click();
  await told(one, "Saved.");
  await signOut(two);
  await one.getByRole("link", {name: "Security"}).click();
  await heading(one, "Sign in to Fjord");
}

export async function the_picture_is_cut_and_kept() {
  const page = await (await person()).newPage();
  await signUp(page, "pixie");
  const png = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [900, 600];
    const context = canvas.getContext("2d");
    const sky = context.createLinearGradient(0, 0, 900, 600);
    sky.addColorStop(0, "#3d5af1");
    sky.addColorStop(1, "#f1a33d");
    context.fillStyle = sky;
    context.fillRect(0, 0, 900, 600);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await page
    .locator("#picture")
    .setInputFiles({name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("no picture")});
  await told(page, "This file cannot be read as a picture");
  await page
    .locator("#picture")
    .setInputFiles({name: "sky.png", mimeType: "image/png", buffer: Buffer.from(png, "base64")});
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Zoom").fill("2");
  await dialog.locator("canvas").focus();
  await page.keyboard.press("ArrowLeft");
  await picture(page, "picture-1280-light");
  const sent = page.waitForRequest(
    (request) => request.url().endsWith("/users/me/avatar") && request.method() === "PUT",
  );
  await dialog.getByRole("button", {name: "Use picture"}).click();
  assert.equal((await sent).headers()["content-type"], "image/jpeg");
  const reply = await (await sent).response();
  if (reply.status() === 404 || reply.status() === 405) return; // A server without pictures.
  await told(page, "Picture changed.");
  const shown = page.locator(".picture img.portrait");
  await shown.waitFor();
  assert.ok(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  await page.getByRole("button", {name: "Remove"}).click();
  await told(page, "Picture removed.");
}

export async function the_data_is_taken_along_and_the_account_deleted() {
  const page = await (await person()).newPage();
  await signUp(page, "dora");
  await page.goto("/account/data");
  const download = page.waitForEvent("download");
  await page.getByRole("button", {name: "Download your data"}).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "dora.json");
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  const data = JSON.parse(Buffer.concat(chunks).toString());
  assert.equal(data.user.username, "dora");
  assert.equal(data.sessions.length, 1);
  await page.getByRole("button", {name: "Delete your account"}).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Type dora to continue").fill("nora");
  await dialog.getByRole("button", {name: "Delete permanently"}).click();
  await dialog.getByText("The name does not match.").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({state: "detached"});
  await page.getByRole("button", {name: "Delete your account"}).click();
  await dialog.getByLabel("Type dora to continue").fill("dora");
  await dialog.getByRole("button", {name: "Delete permanently"}).click();
  await heading(page, "Sign in to Fjord");
  await signIn(page, "dora");
  await page.getByRole("alert").getByText("wrong").waitFor();
}
