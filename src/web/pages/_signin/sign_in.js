// Signing in: with a password, a passkey, a provider, a mailed link or a mailed code.

import {path, post} from "../_core/api.js";
import {boot, signsInBy} from "../_core/boot.js";
import {h, icon, replace} from "../_core/dom.js";
import {codeField, field, form, loginField} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {canSignInByPasskey, stopAsking} from "../_core/passkeys.js";
import {providerMark} from "../_core/provider_mark.js";
import {along, card, logoOf, wayBack} from "../_core/router.js";
import {has, t} from "../_core/text.js";
import {passkeySignIn} from "./passkey.js";
import {resendRow} from "./resend.js";
import {askForCode, goOn} from "./second_step.js";
import {askForSteps} from "./steps.js";

// With the token of an `invitation`, for an account that is created on the way.
export function providerButtons(invitation = "") {
  if (boot.providers.length === 0) return null;
  const back = encodeURIComponent(wayBack() ?? "/"); // The sign-in page knows where people go.
  const invited = invitation && `&invitation=${encodeURIComponent(invitation)}`;
  const query = `?redirect=1&session=cookie&page=/signin&return_to=${back}${invited}`;
  return h(
    "div",
    {class: "providers"},
    boot.providers.map(({name, label}) =>
      h(
        "a",
        {
          class: "button wide",
          href: path`/api/v1/auth/providers/${name}/start` + query,
        },
        providerMark(name, label, "tiny"),
        h("span", {}, t("signin.with", {label})),
      ),
    ),
    h("div", {class: "or"}, h("span", {}, t("signin.or"))),
  );
}

// The address as it would be without what a provider's callback reported.
const clearAddress = (back) =>
  history.replaceState(
    null,
    "",
    back ? `/signin?return_to=${encodeURIComponent(back)}` : "/signin",
  );

// What the callback of a provider reports in the address: what is still needed, or an error.
function fromProvider(box, query) {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const wordsOf = (name) => (fragment.get(name) ?? "").split(",");
  if (fragment.has("mfa_token")) {
    clearAddress(fragment.get("return_to"));
    const mfa_token = fragment.get("mfa_token");
    const remember_for = Number(fragment.get("remember_for"));
    askForCode({mfa_token, methods: wordsOf("methods"), remember_for}, box);
    return true;
  }
  if (fragment.has("step_token")) {
    clearAddress(fragment.get("return_to"));
    const step_token = fragment.get("step_token");
    askForSteps({step_token, steps_required: wordsOf("steps")}, box, goOn);
    return true;
  }
  const error = query.get("error");
  if (error) {
    clearAddress(query.get("return_to"));
    const key = has(`error.${error}`) ? `error.${error}` : "error.provider";
    box.querySelector("h1").after(message("bad", t(key)));
  }
  return false;
}

export function signIn({query}) {
  const heading = boot.application
    ? t("signin.to_application", {application: boot.application})
    : t("signin.heading", {name: boot.name});
  const box = card(boot.application_logo ? logoOf(boot.application_logo) : null, heading);
  if (!query.get("error")) {
    if (fromProvider(box, query)) return box;
  }
  const login = loginField({
    autocomplete: canSignInByPasskey ? "username webauthn" : "username",
    value: query.get("login_hint") ?? "",
  });
  const password = field({
    name: "password",
    label: t("password"),
    type: "password",
    required: true,
    autocomplete: "current-password",
  });
  // After the field in keyboard order, above it on the screen.
  password.box.append(h("a", {href: along("/forgot"), class: "beside"}, t("signin.forgot")));
  const passkey = canSignInByPasskey ? passkeySignIn(box, login.input) : null;
  const problem = h("div");
  const main = form({
    fields: [login, password],
    submit: t("signin.submit"),
    send: async (values) => {
      problem.replaceChildren();
      stopAsking();
      try {
        const logIn = () => post("auth/login", values);
        await goOn(await logIn(), box, logIn);
      } catch (error) {
        passkey?.offer();
        // The server does not say whether the password or the confirmation is missing.
        if (error.code === "invalid_credentials" && boot.email_required) {
          problem.replaceChildren(resend(values.login));
        }
        throw error;
      }
    },
  });
  box.append(
    ...[
      providerButtons(),
      signsInBy("password") ? main : null,
      passkey?.element,
      problem,
      mailButtons(box, login.input),
    ].filter(Boolean),
  );
  if (boot.signup) {
    box.append(
      h(
        "p",
        {class: "switch"},
        t("signin.new"),
        " ",
        h("a", {href: along("/signup")}, t("signin.create")),
      ),
    );
  }
  if (!fromProvider(box, query)) passkey?.offer();
  return box;
}

// What is left of the sign-in where the address is enough.
function mailButtons(box, login) {
  const ways = [
    ["link", "mail", t("signin.by_link")],
    ["code", "key", t("signin.by_code")],
  ].filter(([what]) => signsInBy(`email_${what}`));
  if (ways.length === 0) return null;
  const style = signsInBy("password") ? "link" : "wide";
  return h(
    "ul",
    {class: "others"},
    ways.map(([what, picture, label]) =>
      h(
        "li",
        {},
        h(
          "button",
          {type: "button", class: style, onclick: () => byMail(box, what, login.value)},
          icon(picture, 16),
          label,
        ),
      ),
    ),
  );
}

function resend(login) {
  if (!login.includes("@")) return "";
  const button = h("button", {type: "button"}, t("confirm.again"));
  button.addEventListener("click", async () => {
    await post("auth/email/resend", {email: login}).then(
      () => button.replaceWith(message("good", t("confirm.sent"))),
      (error) => button.replaceWith(message("bad", error.message)),
    );
  });
  return button;
}

// A mail with a link or a code. The reply is the same for everybody.
function byMail(box, what, known) {
  stopAsking();
  const email = field({
    name: "email",
    label: t("email"),
    type: "email",
    required: true,
    autocomplete: "email",
    value: known.includes("@") ? known : "",
  });
  const back = h(
    "p",
    {class: "switch"},
    h(
      "a",
      {
        href: "/signin",
        onclick: (event) => {
          event.preventDefault();
          location.reload();
        },
      },
      icon("arrow", 16),
      t("signin.back"),
    ),
  );
  replace(
    box,
    h("div", {class: "glyph"}, icon("mail", 26)),
    h("h1", {tabindex: "-1"}, t(`mailed.${what}.title`)),
    h("p", {class: "lead"}, t(`mailed.${what}.text`)),
    form({
      fields: [email],
      submit: t(`mailed.${what}.submit`),
      send: async (values) => {
        const send = () => post(what === "link" ? "auth/magic-link" : "auth/otp/send", values);
        const reply = await send();
        const after = resendRow(send, reply, {
          label: t(`mailed.${what}.again`),
          sent: t(`mailed.${what}.sent`, values),
          change: () => byMail(box, what, values.email),
        });
        if (what === "link") lookForLink(box, values, [after, back]);
        else typeCode(box, values.email, [after, back]);
      },
    }),
    back,
  );
  email.input.focus();
}

function lookForLink(box, values, below) {
  replace(
    box,
    h("div", {class: "glyph"}, icon("mail", 26)),
    h("h1", {tabindex: "-1"}, t("mailed.look")),
    h("p", {class: "lead", role: "status"}, t("mailed.link.sent", values)),
    below,
  );
  box.querySelector("h1").focus();
}

function typeCode(box, email, below) {
  const code = codeField({hint: t("mailed.code.hint")});
  replace(
    box,
    h("div", {class: "glyph"}, icon("mail", 26)),
    h("h1", {}, t("mailed.look")),
    h("p", {class: "lead", role: "status"}, t("mailed.code.sent", {email})),
    form({
      fields: [code],
      submit: t("signin.submit"),
      send: async (values) =>
        goOn(await post("auth/otp/verify", {email, code: values.code.replaceAll(" ", "")}), box),
    }),
    below,
  );
  code.input.focus();
}
