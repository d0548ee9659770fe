// A forgotten password: asking for the link, and following it.

import {post} from "../_core/api.js";
import {h, icon, replace} from "../_core/dom.js";
import {confirmField, field, form, newPasswordField} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {along, card} from "../_core/router.js";
import {t} from "../_core/text.js";

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
        await post("auth/password/forgot", values);
        replace(
          box,
          h("div", {class: "glyph"}, icon("mail", 26)),
          h("h1", {tabindex: "-1"}, t("mailed.look")),
          h("p", {class: "lead", role: "status"}, t("forgot.sent")),
          back,
        );
        box.querySelector("h1").focus();
      },
    }),
    back,
  );
  return box;
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

export function reset({query}) {
  const token = tokenOf(query);
  const box = card("key", t("reset.title"));
  if (!token) {
    box.append(...badLink("/forgot", t("reset.again"), t("link.again")));
    return box;
  }
  const password = newPasswordField({name: "new_password"});
  const repeated = confirmField(password);
  box.append(
    h("p", {class: "lead"}, t("reset.text")),
    form({
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
            badLink("/forgot", t("reset.again")),
          );
        }
      },
    }),
  );
  return box;
}
