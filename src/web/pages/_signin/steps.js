// What is left of a sign-in when everything is proved: accepting the terms, and a new password. One
// thing at a time, in the order of the server.

import {post} from "../_core/api.js";
import {boot} from "../_core/boot.js";
import {h, icon, replace} from "../_core/dom.js";
import {confirmField, form, newPasswordField} from "../_core/form.js";
import {stopAsking} from "../_core/passkeys.js";
import {t} from "../_core/text.js";
import {termsField} from "./terms.js";

const FORMS = {
  terms: (send) => [
    h("div", {class: "glyph"}, icon("shield", 26)),
    h("h1", {tabindex: "-1"}, t("steps.terms.title")),
    h("p", {class: "lead"}, t("steps.terms.text")),
    form({fields: [termsField()], submit: t("steps.terms.submit"), send}),
  ],
  password_change: (send) => {
    // Whether the account has a second factor, which may do with a shorter one, the server knows.
    const password = newPasswordField({
      name: "new_password",
      known: () => [boot.name],
      least: boot.min_length_factor,
    });
    return [
      h("div", {class: "glyph"}, icon("key", 26)),
      h("h1", {tabindex: "-1"}, t("reset.title")),
      h("p", {class: "lead"}, t("steps.password.text")),
      form({
        fields: [password, confirmField(password)],
        submit: t("reset.submit"),
        send: ({new_password}) => send({new_password}),
      }),
    ];
  },
};

// Replaces the contents of `box`. `goOn` is called with the server's answer.
export function askForSteps({steps_required: steps, step_token}, box, goOn) {
  stopAsking();
  const send = async (given) => goOn(await post("auth/steps", {step_token, ...given}), box);
  replace(
    box,
    ...FORMS[steps[0]](send),
    h(
      "ul",
      {class: "others"},
      h("li", {}, h("a", {href: "/signin", onclick: signInAnew}, t("second.back"))),
    ),
  );
  box.querySelector("input").focus();
}

function signInAnew(event) {
  event.preventDefault();
  location.reload();
}
