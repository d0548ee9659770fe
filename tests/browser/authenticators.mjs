// Chromium's virtual authenticators, and what the flows do with them.
import {world} from "./world.mjs";

export const PHONE = {
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
};
export const USB_KEY = {transport: "usb", hasResidentKey: false, hasUserVerification: false};

// An authenticator of this page. It answers at once, but only what is asked while somebody touches
// it: what was asked before stays open.
export async function authenticator(page, options = PHONE) {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send("WebAuthn.enable", {enableUI: false});
  const {authenticatorId} = await protocol.send("WebAuthn.addVirtualAuthenticator", {
    options: {protocol: "ctap2", ...options, automaticPresenceSimulation: false},
  });
  const send = (method, more = {}) =>
    protocol.send(`WebAuthn.${method}`, {authenticatorId, ...more});
  return {
    touched: (enabled) => send("setAutomaticPresenceSimulation", {enabled}),
    verifies: (isUserVerified) => send("setUserVerified", {isUserVerified}),
    kept: async () => (await send("getCredentials")).credentials,
  };
}

// In a page: only the button asks, so that whoever touches the device early is not signed in by the
// field of the name.
export function askWithButtonOnly() {
  if (globalThis.PublicKeyCredential)
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
}

export async function until(holds, what) {
  for (const end = Date.now() + world.timeout; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50)); // between two looks
  }
  throw new Error(`waited in vain: ${what}`);
}

export const card = (page, name = "Passkeys") =>
  page.locator("section.panel", {has: page.getByRole("heading", {name, exact: true})});

// Closes the dialog with the recovery codes, and returns them.
export async function keepCodes(page, kept = "I have saved them") {
  const dialog = page.getByRole("dialog");
  await dialog.locator(".codes code").first().waitFor();
  const codes = await dialog.locator(".codes code").allTextContents();
  await dialog.getByRole("button", {name: kept}).click();
  return codes;
}

// The card lists it, so the server has it. Returns the recovery codes that come with the first one.
export async function addPasskey(page, device, name = "Passkey (Linux)") {
  await page.goto("/account/security");
  await device.touched(true);
  await card(page).getByRole("button", {name: "Add a passkey"}).click();
  const codes = await keepCodes(page);
  await card(page).locator(".item-title", {hasText: name}).waitFor();
  await device.touched(false);
  return codes;
}

export const byButton = (page) => page.getByRole("button", {name: "Sign in with a passkey"});
