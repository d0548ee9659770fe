// Making a passkey without being signed in: with a link of an administrator, with the link for a
// lost password, or with a recovery code.

import {post} from "../_core/api.js";
import {h, icon, replace} from "../_core/dom.js";
import {codeField, form, loginField} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {createPasskey, nameFor} from "../_core/new_passkey.js";
import {canUsePasskeys, passkeyButton, whyNoPasskeys} from "../_core/passkeys.js";
import {along, card} from "../_core/router.js";
import {t} from "../_core/text.js";
import {badLink, isBadLink, tokenOf} from "./links_core.js";
import {goOn} from "./second_step.js";

// A passkey for a question, as the server takes it: {name, response}.
export async function newPasskey(address, body) {
  const made = await createPasskey(await post(address, body));
  return {name: nameFor(made), response: made.toJSON()};
}

// The button that makes a passkey with the link, or why it cannot. `bad` is called when the link is
// no longer good.
export function enrollButton(token, bad, kind = "primary wide") {
  if (!canUsePasskeys) return message("bad", whyNoPasskeys());
  const run = async () => {
    try {
      const passkey = await newPasskey("auth/passkey/enroll/options", {token});
      const box = element.closest(".card");
      await goOn(await post("auth/passkey/enroll", {token, ...passkey}), box);
    } catch (error) {
      if (!isBadLink(error)) throw error;
      bad();
    }
  };
  const {element} = passkeyButton(t("enroll.submit"), run, kind);
  return element;
}

function fill(box, token, account) {
  const bad = () => replace(box, h("h1", {tabindex: "-1"}, t("enroll.title")), ...noLink());
  replace(
    box,
    h("div", {class: "glyph"}, icon("passkey", 26)),
    h("h1", {tabindex: "-1"}, t("enroll.title")),
    h("p", {class: "lead"}, account ? t("enroll.text_for", {account}) : t("enroll.text")),
    enrollButton(token, bad),
  );
}

const noLink = () => badLink("/signin", t("signin.back"), t("enroll.bad"));

// /enroll?token=…
export async function enroll({query}) {
  const token = tokenOf(query);
  const box = card("passkey", t("enroll.title"));
  try {
    const link = token ? await post("auth/email/link", {token}) : null;
    if (link?.makes_passkey) fill(box, token, link.account);
    else box.append(...noLink());
  } catch (error) {
    if (!isBadLink(error)) throw error;
    box.append(...noLink());
  }
  return box;
}

// /recover: a recovery code in place of a link.
export function recover() {
  const login = loginField();
  const code = codeField({label: t("second.recovery.label"), digits: false});
  const box = card(
    "key",
    t("recover.title"),
    h("p", {class: "lead"}, t("recover.text")),
    form({
      fields: [login, code],
      submit: t("recover.submit"),
      send: async (values) => {
        const {token} = await post("auth/passkey/recover", {
          login: values.login,
          code: values.code.replaceAll(" ", ""),
        });
        fill(box, token, values.login);
        box.querySelector("h1").focus();
      },
    }),
    h(
      "p",
      {class: "switch"},
      h("a", {href: along("/signin")}, icon("arrow", 16), t("signin.back")),
    ),
  );
  return box;
}
