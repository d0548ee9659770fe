// A device without a browser, and the person who lets it in.
import {administered} from "./application.mjs";
import {assert, at, heading, person, signIn, signUp, titled, world} from "./world.mjs";
import {serious} from "./look.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

// A device with a client of its own: its codes, and what a poll says.
async function device(page, name, more = {}) {
  const {client_id} = await administered("POST", "clients", {
    name,
    public: true,
    grant_types: [GRANT, "refresh_token"],
    ...more,
  });
  const send = (path, form) =>
    page.request.post(`${world.base}/oauth2/${path}`, {form: {client_id, ...form}});
  const reply = await send("device_authorization", {scope: "openid profile offline_access"});
  assert.equal(reply.status(), 200, await reply.text());
  const codes = await reply.json();
  const poll = async () => {
    const answer = await send("token", {grant_type: GRANT, device_code: codes.device_code});
    return answer.json();
  };
  return {codes, poll};
}

const code = (page) => page.getByLabel("Code on the device");
const button = (page, name) => page.getByRole("button", {name, exact: true});

async function fits(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${page.url()} is ${wide} px wide at 320 px`);
}

export async function a_person_lets_a_device_in_with_the_keyboard_on_a_small_screen() {
  const context = await person({viewport: {width: 320, height: 640}, bypassCSP: true});
  const page = await context.newPage();
  await signUp(page, "wanda");
  const {codes, poll} = await device(page, "Television", {description: "In the living room."});
  await page.goto("/device");
  await heading(page, "Connect a device");
  await titled(page, "Connect a device · Fjord");
  await fits(page);
  await serious(page, "/device");
  // The field has the focus; small letters and spaces do.
  await page.keyboard.type(codes.user_code.toLowerCase().replace("-", " "));
  await page.keyboard.press("Enter");
  await heading(page, "Television asks for access on a device");
  await page.getByText("In the living room.").waitFor();
  await page.getByText("Nobody from Fjord will ask you for this code.").waitFor();
  await page.getByText(`Your device must show the code ${codes.user_code}.`).waitFor();
  await page.getByText("The request came from the address 127.0.0.1").waitFor();
  await page.getByText("You are signed in as wanda").waitFor();
  assert.equal(await page.locator(".points li").count(), 3);
  await fits(page);
  await serious(page, "/device, the question");
  assert.equal((await poll()).error, "authorization_pending");
  await button(page, "Allow").focus();
  await page.keyboard.press("Enter");
  await heading(page, "The device is connected");
  await fits(page);
  const tokens = await poll();
  assert.ok(tokens.access_token, JSON.stringify(tokens));
  await page.goto("/account/apps");
  await page.getByText("Television").first().waitFor();
}

export async function a_link_fills_in_the_code_and_does_no_more() {
  const page = await (await person()).newPage();
  await signUp(page, "xenia");
  const {codes, poll} = await device(page, "Printer");
  await page.context().clearCookies();
  await page.goto(`/device?user_code=${codes.user_code}`);
  await at(page, ({pathname}) => pathname === "/signin");
  await page.getByLabel("Username or email").fill("xenia");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await button(page, "Sign in").click();
  await heading(page, "Connect a device");
  assert.equal(await code(page).inputValue(), codes.user_code);
  assert.equal((await poll()).error, "authorization_pending");
  // A wrong code is told at once, and what is typed stays.
  await code(page).fill("BBBB-BBBB");
  await button(page, "Continue").click();
  await page.getByText("No device is waiting with this code.").waitFor();
  await code(page).fill(codes.user_code);
  await button(page, "Continue").click();
  await heading(page, "Printer asks for access on a device");
  await button(page, "Deny").click();
  await heading(page, "The device gets no access");
  assert.equal((await poll()).error, "access_denied");
}

export async function a_person_lets_a_device_in_without_scripts() {
  const page = await (await person({javaScriptEnabled: false})).newPage();
  const {codes, poll} = await device(page, "Console");
  await page.setViewportSize({width: 320, height: 640});
  await page.goto(`/device?user_code=${codes.user_code}`);
  await heading(page, "Connect a device");
  await page.getByRole("link", {name: "Sign in", exact: true}).click();
  await page.getByLabel("Username or email").fill("root");
  await page.getByLabel("Password", {exact: true}).fill(world.password);
  await button(page, "Sign in").click();
  await heading(page, "Connect a device");
  assert.equal(await code(page).inputValue(), codes.user_code);
  await button(page, "Continue").click();
  await heading(page, "Console asks for access on a device");
  await page.getByText("Nobody from Fjord will ask you for this code.").waitFor();
  assert.equal((await poll()).error, "authorization_pending");
  await button(page, "Allow").click();
  await heading(page, "The device is connected");
  assert.ok((await poll()).access_token);
}

export async function whoever_may_not_enter_is_told() {
  const page = await (await person()).newPage();
  await signUp(page, "yara");
  const {codes} = await device(page, "Vault", {required_acr: "mfa"});
  await page.goto(`/device?user_code=${codes.user_code}`);
  await button(page, "Continue").click();
  await page.getByRole("link", {name: "Add a second factor"}).click();
  await heading(page, "Security");
  // Another account may, if it has the role.
  const {codes: others, poll} = await device(page, "Bridge", {roles: ["admin"]});
  await page.goto(`/device?user_code=${others.user_code}`);
  await button(page, "Continue").click();
  await page.getByText("may not use this application").waitFor();
  await page.context().clearCookies();
  await signIn(page, "root", world.password, `/signin?return_to=/device`);
  await heading(page, "Connect a device");
  await code(page).fill(others.user_code);
  await button(page, "Continue").click();
  await button(page, "Allow").click();
  await heading(page, "The device is connected");
  assert.ok((await poll()).access_token);
}
