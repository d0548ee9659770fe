// The passkeys and security keys of this person.

import {
  action,
  ago,
  attempt,
  call,
  canUsePasskeys,
  confirm,
  day,
  dialog,
  field,
  form,
  get,
  h,
  icon,
  message,
  notice,
  passkeyButton,
  passkeyFailure,
  path,
  post,
  replace,
  signalPasskeys,
  stopAsking,
  t,
  whyNoPasskeys,
  withProof,
} from "./core.js";
import {systemName} from "./devices.js";
import {panel} from "./layout.js";

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
function nameFor(made, taken) {
  const base = MAKERS[aaguidOf(made.response)] ?? kindInWords(made);
  let name = base;
  for (let n = 2; taken.includes(name); n += 1) name = `${base} ${n}`;
  return name;
}

async function createPasskey(question) {
  stopAsking();
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(question);
    return await navigator.credentials.create({publicKey});
  } catch (error) {
    throw passkeyFailure(error);
  }
}

// False if the person gives up proving who they are.
async function addPasskey(taken) {
  const question = await withProof(() => post("users/me/passkeys/options"));
  if (!question) return false;
  const made = await createPasskey(question);
  const sent = {name: nameFor(made, taken), response: made.toJSON()};
  return withProof(() => post("users/me/passkeys", sent));
}

function renamePasskey({id, name}) {
  return dialog(t("passkeys.rename"), (close) =>
    form({
      fields: [
        field({
          name: "name",
          label: t("key.name"),
          value: name,
          required: true,
          autocomplete: "off",
          maxlength: 100,
        }),
      ],
      submit: t("save"),
      send: async (values) => {
        await call("PATCH", path`users/me/passkeys/${id}`, values);
        close(true);
      },
    }),
  );
}

async function removePasskey({id, name}) {
  const text = t("passkeys.remove_text", {name});
  if (!(await confirm(t("passkeys.remove"), text, t("passkeys.remove")))) return false;
  return attempt(() => call("DELETE", path`users/me/passkeys/${id}`), t("passkeys.removed"));
}

function passkeyRow(one, here, change) {
  const is_key = one.kind === "security_key";
  const facts = [
    t("passkeys.since", {when: day(one.created_at)}),
    t("device.used", {when: ago(one.last_used)}),
  ];
  const button = (label, act) =>
    action(label, () => change(() => act(one)), {kind: "small", name: `${label}: ${one.name}`});
  return h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, icon(is_key ? "key" : "passkey")),
    h(
      "div",
      {class: "item-text"},
      h(
        "p",
        {class: "item-title"},
        one.name,
        is_key ? h("span", {class: "badge"}, t("passkeys.second_step")) : null,
        one.is_synced ? h("span", {class: "badge"}, t("passkeys.synced")) : null,
      ),
      h("p", {class: "soft"}, facts.join(" · ")),
      one.rp_id === here ? null : h("p", {class: "soft"}, t("passkeys.elsewhere", one)),
    ),
    h(
      "div",
      {class: "row tight"},
      button(t("passkeys.rename"), renamePasskey),
      button(t("passkeys.remove"), removePasskey),
    ),
  );
}

// {element, hasKeys}; `changed` is called when one was added or removed.
export async function passkeyPanel(changed) {
  const list = h("ul", {class: "items"});
  let passkeys = [];
  const draw = async () => {
    const found = await get("users/me/passkeys");
    ({passkeys} = found);
    replace(
      list,
      passkeys.length > 0
        ? passkeys.map((one) => passkeyRow(one, found.rp_id, change))
        : h("li", {class: "empty"}, t("passkeys.none")),
    );
    if (!found.user_handle) return;
    signalPasskeys("signalAllAcceptedCredentials", {
      rpId: found.rp_id,
      userId: found.user_handle,
      allAcceptedCredentialIds: passkeys.map((one) => one.credential_id),
    });
  };
  const change = async (act) => {
    if (!(await act())) return;
    await draw();
    await changed();
  };
  const add = async () => {
    try {
      const made = await addPasskey(passkeys.map(({name}) => name));
      if (!made) return;
      notice(t(made.kind === "security_key" ? "passkeys.added_key" : "passkeys.added"));
      await changed();
    } finally {
      // Also after a refusal: then the device has one that the server does not know.
      await draw();
    }
  };
  await draw();
  return {
    element: panel(
      t("passkeys.title"),
      h("p", {class: "soft"}, t("passkeys.text")),
      list,
      canUsePasskeys
        ? passkeyButton(t("passkeys.add"), add, "primary").element
        : message("info", whyNoPasskeys()),
    ),
    hasKeys: () => passkeys.some(({kind}) => kind === "security_key"),
  };
}

const LATER = "authd_passkey_later";
const MONTH = 2_592_000; // seconds

// A message for those who have no passkey yet, or null. Who wants none is left alone for a month.
export async function passkeyHint(user) {
  const is_later = document.cookie.split("; ").includes(`${LATER}=${user.id}`);
  if (!canUsePasskeys || is_later) return null;
  const {passkeys} = await get("users/me/passkeys");
  if (passkeys.length > 0) return null;
  const later = () => {
    document.cookie = `${LATER}=${user.id}; Path=/account; Max-Age=${MONTH}; SameSite=Lax`;
    box.remove();
  };
  const box = message(
    "info",
    t("passkeys.hint"),
    " ",
    h("a", {href: "/account/security"}, t("passkeys.hint_link")),
    " · ",
    h("button", {type: "button", class: "link", onclick: later}, t("passkeys.hint_later")),
  );
  return box;
}
