// Making a passkey: what these pages ask of the browser, and what the passkey is called.

import {passkeyFailure, stopAsking} from "./passkeys.js";
import {t} from "./text.js";

// "Linux" of what a browser says it is.
export function systemName(agent) {
  return [
    ["Android", "Android"],
    ["iPhone", "iOS"],
    ["iPad", "iPadOS"],
    ["Windows", "Windows"],
    ["Mac OS X", "macOS"],
    ["CrOS", "ChromeOS"],
    ["Linux", "Linux"],
  ].find(([mark]) => agent.includes(mark))?.[1];
}

// What makes passkeys, by its AAGUID: the best known of what
// https://github.com/passkeydeveloper/passkey-authenticator-aaguids has.
const MAKERS = {
  "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
  "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain",
  "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
  "adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome (macOS)",
  "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
  "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
  "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
  "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
  "d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
  "531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
  "fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
  "50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
  "53414d53-554e-4700-0000-000000000000": "Samsung Pass",
};

// It stands in the authenticator data after the hash of the host (32 bytes), the flags (1) and the
// counter (4): Web Authentication Level 3, sections 6.1 and 6.5.1.
function aaguidOf(response) {
  const bytes = new Uint8Array(response.getAuthenticatorData()).subarray(37, 53);
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function kindInWords({response, authenticatorAttachment: place}) {
  if (place === "platform") {
    const system = systemName(navigator.userAgent);
    return system ? t("passkeys.name_on", {system}) : t("passkeys.name");
  }
  const is_phone = response.getTransports().includes("hybrid");
  return t(is_phone ? "passkeys.name" : "passkeys.name_key");
}

// A name that no other one has; the person may change it.
export function nameFor(made, taken = []) {
  const base = MAKERS[aaguidOf(made.response)] ?? kindInWords(made);
  let name = base;
  for (let n = 2; taken.includes(name); n += 1) name = `${base} ${n}`;
  return name;
}

export async function createPasskey(question) {
  stopAsking();
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(question);
    return await navigator.credentials.create({publicKey});
  } catch (error) {
    throw passkeyFailure(error);
  }
}
