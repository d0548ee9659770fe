// Creating an account; and the first administrator of a new server.

import {post} from "../_core/api.js";
import {boot, signsInBy} from "../_core/boot.js";
import {showCodes} from "../_core/codes.js";
import {h, icon, replace} from "../_core/dom.js";
import {confirmField, field, form, newPasswordField} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {canSignInByPasskey, passkeyButton} from "../_core/passkeys.js";
import {along, card, go, leaveSignIn, wayBack} from "../_core/router.js";
import {t} from "../_core/text.js";
import {newPasskey} from "./enroll.js";
import {badLink, isBadLink, tokenOf} from "./links_core.js";
import {resendRow} from "./resend.js";
import {providerButtons} from "./sign_in.js";
import {hasTerms, termsField} from "./terms.js";

function usernameField(more = {}) {
  return field({
    name: "username",
    label: t("username"),
    required: true,
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: 64,
    hint: t("signup.username_hint"),
    autofocus: true,
    check: (value) => (/[\s@]/.test(value.trim()) ? t("signup.username_wrong") : ""),
    ...more,
  });
}

// Otherwise a passkey begins the account, whose button takes the names from the form.
const canCreateByForm = () => ["password", "email_link", "email_code"].some(signsInBy);

export function signUp() {
  if (!boot.signup) {
    return card(
      "user",
      t("signup.title"),
      message("info", t("signup.closed")),
      h("p", {class: "switch"}, h("a", {href: along("/signin")}, t("signup.sign_in"))),
    );
  }
  return newAccount({});
}

// /invite?token=…: the same, also where nobody else may sign up.
export async function invite({query}) {
  const token = tokenOf(query);
  try {
    return newAccount({token, ...(await post("auth/invitation", {token}))});
  } catch (error) {
    if (!isBadLink(error)) throw error;
    return card(
      "mail",
      t("signup.title"),
      badLink("/signin", t("signup.sign_in"), t("invite.over")),
    );
  }
}

// With an invitation: its token, and the address that it is for, if it is for one.
function newAccount({token, email: invited}) {
  const invitation = token ? {invitation: token} : {};
  const has_password = signsInBy("password");
  const username = usernameField();
  const email = field({
    name: "email",
    label: t("email"),
    type: "email",
    autocomplete: "email",
    value: invited ?? "",
    readonly: Boolean(invited),
    required: boot.email_required || !has_password,
    hint: t("signup.email_hint"),
    maxlength: 254,
  });
  const password = newPasswordField({
    label: t("password"),
    known: () => [username.input.value, email.input.value.split("@")[0], boot.name],
  });
  const repeated = confirmField(password);
  const terms = hasTerms() ? [termsField()] : [];
  const box = card(null, t("signup.heading", {name: boot.name}));
  const main = form({
    fields: [username, email, ...(has_password ? [password, repeated] : []), ...terms],
    submit: t("signup.submit"),
    send: async (values) => {
      const made = await post("auth/signup", {
        username: values.username,
        ...(has_password ? {password: values.password} : {}),
        ...(values.email ? {email: values.email} : {}),
        ...(terms.length > 0 ? {terms_version: values.terms_version} : {}),
        ...invitation,
      });
      await afterSignUp(box, made, values.email);
    },
  });
  if (!canCreateByForm()) main.querySelector("button[type=submit]").remove();
  const providers = providerButtons(token);
  if (providers) box.append(providers);
  box.append(
    main,
    offerPasskey([username, email, ...terms], t("signup.by_passkey"), async (names) => {
      const asked = {...names, ...invitation};
      const passkey = await newPasskey("auth/signup/passkey/options", asked);
      const made = await post("auth/signup", {...asked, ...sentWith(passkey)});
      await afterSignUp(box, made, names.email);
    }),
    h(
      "p",
      {class: "switch"},
      t("signup.have"),
      " ",
      h("a", {href: along("/signin")}, t("signup.sign_in")),
    ),
  );
  return box;
}

// What happens after the account is made.
async function afterSignUp(box, made, email) {
  if (!made.verification_required) {
    await showCodes(made.recovery_codes);
    if (wayBack()) await leaveSignIn();
    else await go("/account", true); // They have a profile to fill in.
    return;
  }
  replace(
    box,
    h("div", {class: "glyph"}, icon("mail", 26)),
    h("h1", {tabindex: "-1"}, t("mailed.look")),
    h("p", {class: "lead", role: "status"}, t("signup.confirm", {email})),
    resendRow(() => post("auth/email/resend", {email}), null, {
      label: t("mailed.link.again"),
      sent: t("confirm.sent"),
    }),
    h("p", {class: "switch"}, h("a", {href: along("/signin")}, t("signup.sign_in"))),
  );
  box.querySelector("h1").focus();
}

const sentWith = ({name, response}) => ({passkey: response, passkey_name: name});

// A button that takes these fields of the form, and a passkey in place of the password; null where
// there are none. `create` gets the names that were typed.
function offerPasskey(fields, label, create) {
  if (!canSignInByPasskey) return null;
  const run = async () => {
    const wrong = fields.filter((one) => !one.verify({}));
    if (wrong.length > 0) {
      wrong[0].input.focus();
      return;
    }
    const typed = fields.map(({name, input, value}) => [
      name,
      value ? value() : input.value.trim(),
    ]);
    try {
      await create(Object.fromEntries(typed.filter(([, value]) => value)));
    } catch (error) {
      const at = fields.find(({name}) => name === error.field);
      if (!at) throw error;
      at.complain(error.message);
      at.input.focus();
    }
  };
  return passkeyButton(label, run).element;
}

// /setup?token=…: creates the first administrator, once.
export function setUp({query}) {
  const token = query.get("token") ?? "";
  history.replaceState(history.state, "", "/setup");
  if (!token) return card("shield", t("setup.title"), message("bad", t("setup.no_token")));
  const has_password = signsInBy("password");
  const username = usernameField({value: "admin"});
  const email = field({
    name: "email",
    label: t("email"),
    type: "email",
    autocomplete: "email",
    required: !has_password && !canSignInByPasskey,
    maxlength: 254,
  });
  const password = newPasswordField({
    label: t("password"),
    known: () => [username.input.value, boot.name],
  });
  const repeated = confirmField(password);
  const main = form({
    fields: [username, email, ...(has_password ? [password, repeated] : [])],
    submit: t("setup.submit"),
    send: async (values) => {
      const made = await post("setup", {
        token,
        username: values.username,
        ...(has_password ? {password: values.password} : {}),
        ...(values.email ? {email: values.email} : {}),
      });
      if (!made?.csrf_token) {
        await post("auth/login", {login: values.username, password: values.password});
      }
      go("/admin", true);
    },
  });
  if (!canCreateByForm()) main.querySelector("button[type=submit]").remove();
  return card(
    "shield",
    t("setup.title"),
    h("p", {class: "lead"}, t("setup.text", {name: boot.name})),
    main,
    offerPasskey([username, email], t("setup.by_passkey"), async (names) => {
      const passkey = await newPasskey("setup/passkey/options", {token, ...names});
      const made = await post("setup", {token, ...names, ...sentWith(passkey)});
      await showCodes(made.recovery_codes);
      go("/admin", true);
    }),
  );
}
