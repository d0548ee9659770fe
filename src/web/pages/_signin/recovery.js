// A forgotten password: asking for the link, and following it.

import {post} from "../_core/api.js";
import {boot} from "../_core/boot.js";
import {h, icon, replace} from "../_core/dom.js";
import {confirmField, field, form, newPasswordField} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {along, card} from "../_core/router.js";
import {t} from "../_core/text.js";
import {resendRow} from "./resend.js";

export function forgot() {
  const login = field({
    name: "login",
    label: t("signin.login"),
    required: true,
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    autofocus: true,
  });
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
    back,
  );
  return box;
}

function startOver(box, fresh) {
  box.replaceWith(fresh);
  fresh.querySelector("input").focus();
}

// The token of the link, removed from the address so that it stays in no history and on no screen.
export function tokenOf(query) {
  const token = query.get("token") ?? "";
  if (token) history.replaceState(history.state, "", location.pathname);
  return token;
}

export function badLink(again, label, text = t("link.bad")) {
  return [
    message("bad", text),
    h("p", {class: "actions"}, h("a", {href: again, class: "button primary"}, label)),
  ];
}

export const isBadLink = (error) => error.status === 401 && error.code !== "invalid_credentials";

// Whose password it is, for people and for password managers. "" when the server cannot say now.
async function accountOf(token) {
  try {
    return (await post("auth/email/link", {token})).account;
  } catch (error) {
    if (isBadLink(error)) throw error;
    return "";
  }
}

export async function reset({query}) {
  const token = tokenOf(query);
  const box = card("key", t("reset.title"));
  const bad = (text) => badLink("/forgot", t("reset.again"), text);
  if (!token) {
    box.append(...bad(t("link.again")));
    return box;
  }
  let account;
  try {
    account = await accountOf(token);
  } catch {
    box.append(...bad());
    return box;
  }
  const password = newPasswordField({name: "new_password", known: () => [account, boot.name]});
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
        } catch (error) {
          if (!isBadLink(error)) throw error;
          replace(
            box,
            h("div", {class: "glyph"}, icon("key", 26)),
            h("h1", {tabindex: "-1"}, t("reset.title")),
            bad(),
          );
        }
      },
    }),
  );
  return box;
}
