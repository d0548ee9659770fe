// Questions in front of the page: <dialog> keeps the focus inside and gives it back.

import {get, hasApp, post, Refused} from "./api.js";
import {signsInBy} from "./boot.js";
import {add, h, icon, newId} from "./dom.js";
import {codeField, field, form} from "./form.js";
import {message, notice} from "./notice.js";
import {askPasskey, canUsePasskeys, passkeyButton, stopAsking} from "./passkeys.js";
import {t} from "./text.js";

// Opens a dialog; `fill(close)` returns its contents. Resolves with the argument of close(), or
// undefined. With `once`, what it shows cannot be seen again: only a button of `fill` closes it,
// and the browser asks before the page is left.
export function dialog(title, fill, {once = false} = {}) {
  return new Promise((resolve) => {
    const id = newId("dialog");
    const box = h("dialog", {"aria-labelledby": id, closedby: once ? "none" : null});
    let answer;
    let is_answered = false;
    const stay = (event) => event.preventDefault();
    const leave = () => {
      removeEventListener("beforeunload", stay);
      box.remove();
      resolve(answer);
    };
    // The event "close" comes a moment later; until then the page would hold both the dialog and
    // what its answer leads to.
    const close = (value) => {
      answer = value;
      is_answered = true;
      box.close();
      leave();
    };
    if (once) {
      box.addEventListener("cancel", stay);
      box.addEventListener("keydown", (event) => event.key === "Escape" && stay(event));
      addEventListener("beforeunload", stay);
    }
    box.addEventListener("close", () => {
      // A browser closes a dialog at the second request to do so, whatever the page says.
      if (once && !is_answered) box.showModal();
      else leave();
    });
    add(
      box,
      h(
        "div",
        {class: "dialog-head"},
        h("h2", {id}, title),
        once
          ? null
          : h(
              "button",
              {
                type: "button",
                class: "quiet square",
                "aria-label": t("close"),
                onclick: () => close(),
              },
              icon("close"),
            ),
      ),
      fill(close),
    );
    document.body.append(box);
    box.showModal();
    box
      .querySelector(
        "input:not([type=hidden], [tabindex]), select, textarea, :is(.actions, .passkey) button",
      )
      ?.focus();
  });
}

export function confirm(title, text, label, {danger = true} = {}) {
  return dialog(title, (close) => [
    h("p", {}, text),
    h(
      "div",
      {class: "actions"},
      h("button", {type: "button", onclick: () => close(false)}, t("cancel")),
      h(
        "button",
        {type: "button", class: danger ? "primary danger" : "primary", onclick: () => close(true)},
        label,
      ),
    ),
  ]);
}

// For what nobody can undo: the name has to be typed. Resolves with whether `act` was done.
export function confirmByName(title, text, name, label, act) {
  return dialog(title, (close) => {
    const typed = field({
      name: "typed",
      label: t("data.type", {name}),
      required: true,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      check: (value) => (value.trim() === name ? "" : t("data.type_wrong")),
    });
    return [
      message("bad", text),
      form({
        fields: [typed],
        submit: label,
        danger: true,
        send: async () => {
          if (await withProof(act)) close(true);
        },
      }),
    ];
  });
}

// Runs `act`. If the server asks for proof that this is still the same person, shows that question
// and runs `act` again. False if the person cancels. An account with a second factor is asked for
// that, any other one for its password; a passkey does as well.
export async function withProof(act) {
  try {
    return await act();
  } catch (error) {
    if (error.code !== "reauthentication_required") throw error;
  }
  // Asked anew, because another tab may have added or removed the factor.
  const [{user}, {passkeys}] = await Promise.all([
    get("auth/session"),
    canUsePasskeys ? get("users/me/passkeys") : {passkeys: []},
  ]);
  const proved = await dialog(t("proof.title"), (close) => {
    const password = field({
      name: "password",
      label: t("password.current"),
      type: "password",
      autocomplete: "current-password",
      required: true,
    });
    const code = codeField({label: t("proof.code"), hint: t("proof.code_hint"), digits: false});
    const by_password = form({
      account: user?.username ?? user?.email ?? "",
      fields: [password],
      submit: t("proof.submit"),
      send: async (values) => {
        await post("auth/reauthenticate", {password: values.password});
        close(true);
      },
    });
    const by_code = form({
      fields: [code],
      submit: t("proof.submit"),
      send: async (values) => {
        await post("auth/reauthenticate", {code: values.code});
        close(true);
      },
    });
    const by_passkey = passkeyButton(t("proof.passkey"), async () => {
      await proveByPasskey();
      close(true);
    });
    const only_passkey = passkeys.length > 0 && user?.mfa_enabled && !hasApp(user);
    const needs_password = !user?.mfa_enabled;
    const typed = user?.mfa_enabled ? by_code : by_password;
    const has_typed = !only_passkey && (!needs_password || signsInBy("password"));
    const has_nothing = !has_typed && passkeys.length === 0;
    return [
      h("p", {}, t(has_nothing ? "proof.again" : "proof.text")),
      has_typed ? typed : null,
      has_nothing ? h("a", {href: "/signout", class: "button primary"}, t("sign_out")) : null,
      passkeys.length > 0 ? by_passkey.element : null,
    ];
  });
  stopAsking();
  return proved ? act() : false;
}

async function proveByPasskey() {
  const {answer} = await askPasskey("auth/reauthenticate/options");
  try {
    await post("auth/reauthenticate", {passkey: answer});
  } catch (error) {
    // Its text is about passwords and codes.
    if (error.code !== "wrong_credentials") throw error;
    throw new Refused(error.status, {error: "invalid_passkey"});
  }
}

// For what a button does: failures become a notice.
export async function attempt(act, done = "") {
  try {
    const result = await withProof(act);
    if (result === false) return false;
    if (done) notice(done);
    return result ?? true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    notice(error.message, "bad");
    return false;
  }
}

// The secrets of something new, [[label, text], …], which are shown only now.
export function showOnce(title, text, secrets) {
  return dialog(
    title,
    (close) => [
      message("info", text),
      secrets.map(([label, secret]) => [h("p", {class: "label"}, label), secretBox(secret, label)]),
      h(
        "div",
        {class: "actions"},
        h("button", {type: "button", class: "primary", onclick: () => close()}, t("kept")),
      ),
    ],
    {once: true},
  );
}

// Something to copy, such as what is shown only once.
export function secretBox(text, label) {
  const name = `${t("copy")}: ${label}`;
  const looks = {type: "button", class: "small", "aria-label": name};
  const copy = h("button", looks, icon("copy", 16), t("copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text).then(
      () => notice(t("copied")),
      () => notice(t("copy_failed"), "bad"),
    );
  });
  return h("div", {class: "secret"}, h("code", {"aria-label": label, tabindex: "0"}, text), copy);
}
