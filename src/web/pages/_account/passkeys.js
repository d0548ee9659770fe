// The passkeys and security keys of this person.

import {
  action,
  ago,
  attempt,
  call,
  canUsePasskeys,
  confirm,
  createPasskey,
  day,
  dialog,
  field,
  form,
  fullName,
  get,
  h,
  icon,
  message,
  nameFor,
  notice,
  passkeyButton,
  path,
  post,
  replace,
  showCodes,
  signalPasskeys,
  t,
  whyNoPasskeys,
  withProof,
} from "./core.js";
import {panel} from "./layout.js";

const MINE = "users/me/passkeys";

// False if the person gives up proving who they are.
async function addPasskey(taken) {
  const question = await withProof(() => post(`${MINE}/options`));
  if (!question) return false;
  const made = await createPasskey(question);
  const sent = {name: nameFor(made, taken), response: made.toJSON()};
  return withProof(() => post(MINE, sent));
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
        await call("PATCH", MINE + path`/${id}`, values);
        close(true);
      },
    }),
  );
}

// `address` is where it is listed, `text` what the person should know first.
export async function removePasskey(address, {id}, text) {
  if (!(await confirm(t("passkeys.remove"), text, t("passkeys.remove")))) return false;
  return attempt(() => call("DELETE", address + path`/${id}`), t("passkeys.removed"));
}

const removeOwn = (one) => removePasskey(MINE, one, t("passkeys.remove_text", one));

// `acts` are the buttons, as [label, what it does]; `change` runs one.
export function passkeyRow(one, here, change, acts) {
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
      acts.map(([label, act]) => button(label, act)),
    ),
  );
}

// {element, hasKeys}; `changed` is called when one was added or removed.
export async function passkeyPanel(changed) {
  const list = h("ul", {class: "items"});
  const acts = [
    [t("passkeys.rename"), renamePasskey],
    [t("passkeys.remove"), removeOwn],
  ];
  let passkeys = [];
  const draw = async () => {
    const found = await get(MINE);
    ({passkeys} = found);
    replace(
      list,
      passkeys.length > 0
        ? passkeys.map((one) => passkeyRow(one, found.rp_id, change, acts))
        : h("li", {class: "empty"}, t("passkeys.none")),
    );
    codes.hidden = passkeys.length === 0;
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
      await showCodes(made.recovery_codes);
      await changed();
    } finally {
      // Also after a refusal: then the device has one that the server does not know.
      await draw();
    }
  };
  const renew = async () => {
    const made = await attempt(() => post("users/me/mfa/recovery-codes"));
    await showCodes(made?.recovery_codes);
  };
  const codes = h(
    "p",
    {hidden: true},
    t("passkeys.codes"),
    " ",
    action(t("mfa.codes"), renew, {kind: "link"}),
  );
  await draw();
  return {
    element: panel(
      t("passkeys.title"),
      h("p", {class: "soft"}, t("passkeys.text")),
      list,
      canUsePasskeys
        ? passkeyButton(t("passkeys.add"), add, "primary").element
        : message("info", whyNoPasskeys()),
      codes,
    ),
    hasKeys: () => passkeys.some(({kind}) => kind === "security_key"),
  };
}

// The names that devices show beside their passkeys.
export async function signalNames(user) {
  if (!canUsePasskeys) return;
  const {rp_id: rpId, user_handle: userId} = await get(MINE).catch(() => ({})); // a help, no more
  if (!userId) return;
  signalPasskeys("signalCurrentUserDetails", {
    rpId,
    userId,
    name: user.username ?? user.email,
    displayName: fullName(user),
  });
}

const LATER = "authd_passkey_later";
const MONTH = 2_592_000; // seconds

// A message for those who have no passkey yet, or null. Who wants none is left alone for a month.
export async function passkeyHint(user) {
  const is_later = document.cookie.split("; ").includes(`${LATER}=${user.id}`);
  if (!canUsePasskeys || is_later) return null;
  const {passkeys} = await get(MINE);
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
