// A forgotten password: asking for the link, and following it.

import {post} from "../_core/api.js";
import {boot} from "../_core/boot.js";
import {h, icon, replace} from "../_core/dom.js";
import {confirmField, form, loginField, newPasswordField} from "../_core/form.js";
import {canUsePasskeys} from "../_core/passkeys.js";
import {along, card} from "../_core/router.js";
import {t} from "../_core/text.js";
import {enrollButton} from "./enroll.js";
import {badLink, isBadLink, tokenOf} from "./links_core.js";
import {resendRow} from "./resend.js";

export function forgot() {
  const login = loginField();
  const back = h(
    "p",
    {class: "switch"},
    h("a", {href: along("/signin")}, icon("arrow", 16), t("signin.back")),
  );
  const box = card(
    "key",
    t("forgot.title"),
    h("p", {class: "lead"}, t("forgot.text")),
    form({
      fields: [login],
      submit: t("forgot.submit"),
      send: async (values) => {
        const send = () => post("auth/password/forgot", values);
        const reply = await send();
        replace(
          box,
          h("div", {class: "glyph"}, icon("mail", 26)),
          h("h1", {tabindex: "-1"}, t("mailed.look")),
          h("p", {class: "lead", role: "status"}, t("forgot.sent")),
          resendRow(send, reply, {
            label: t("mailed.link.again"),
            sent: t("forgot.sent"),
            change: () => startOver(box, forgot()),
          }),
          back,
        );
        box.querySelector("h1").focus();
      },
    }),
    canUsePasskeys
      ? h("p", {class: "switch"}, h("a", {href: along("/recover")}, t("recover.link")))
      : null,
    back,
  );
  return box;
}

function startOver(box, fresh) {
  box.replaceWith(fresh);
  fresh.querySelector("input").focus();
}

// What the link is for, or what any reset link is for when the server cannot say now.
async function linkOf(token) {
  try {
    return await post("auth/email/link", {token});
  } catch (error) {
    if (isBadLink(error)) throw error;
    return {account: "", has_password: true, sets_password: true, makes_passkey: false};
  }
}

// /reset?token=…: a new password, a new passkey, or the choice of both. An account without a
// password gets a passkey, unless the person wants otherwise.
export async function reset({query}) {
  const token = tokenOf(query);
  const box = card("key", t("reset.title"));
  const noLink = (text) => badLink("/forgot", t("reset.again"), text);
  const bad = () => replace(box, h("h1", {tabindex: "-1"}, t("reset.title")), ...noLink());
  if (!token) {
    box.append(...noLink(t("link.again")));
    return box;
  }
  try {
    const link = await linkOf(token);
    const mayChoose = link.sets_password && link.has_password;
    if (!link.makes_passkey || mayChoose) setPassword(box, token, link, bad);
    else setPasskey(box, token, link, bad);
  } catch {
    box.append(...noLink());
  }
  return box;
}

function setPasskey(box, token, link, bad) {
  const other = () => {
    replace(box, h("h1", {tabindex: "-1"}, t("reset.title")));
    setPassword(box, token, {...link, makes_passkey: false}, bad);
    box.querySelector("input").focus();
  };
  replace(
    box,
    h("div", {class: "glyph"}, icon("passkey", 26)),
    h("h1", {tabindex: "-1"}, t("enroll.title")),
    h("p", {class: "lead"}, t("enroll.text_for", link)),
    enrollButton(token, bad),
    link.sets_password &&
      h(
        "ul",
        {class: "others"},
        h(
          "li",
          {},
          h("button", {type: "button", class: "link", onclick: other}, t("reset.instead")),
        ),
      ),
  );
}

function setPassword(box, token, {account, makes_passkey}, bad) {
  const password = newPasswordField({
    name: "new_password",
    known: () => [account, boot.name],
    least: boot.min_length_factor,
  });
  const repeated = confirmField(password);
  box.append(
    h("p", {class: "lead"}, account ? t("reset.text_for", {account}) : t("reset.text")),
    form({
      account,
      fields: [password, repeated],
      submit: t("reset.submit"),
      send: async (values) => {
        try {
          await post("auth/password/reset", {token, new_password: values.new_password});
          showDone(box);
        } catch (error) {
          if (!isBadLink(error)) throw error;
          bad();
        }
      },
    }),
    ...(makes_passkey && canUsePasskeys ? [enrollButton(token, bad, "wide")] : []),
  );
}

function showDone(box) {
  replace(
    box,
    h("div", {class: "glyph good"}, icon("check", 26)),
    h("h1", {tabindex: "-1"}, t("reset.done")),
    h("p", {class: "lead", role: "status"}, t("reset.done_text")),
    h(
      "p",
      {class: "actions"},
      h("a", {href: "/signin", class: "button primary"}, t("signin.submit")),
    ),
  );
  box.querySelector("h1").focus();
}
