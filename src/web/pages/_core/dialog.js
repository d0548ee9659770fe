// Questions in front of the page: <dialog> keeps the focus inside and gives it back.

import {get, post, Refused} from "./api.js";
import {add, h, icon, newId} from "./dom.js";
import {codeField, field, form} from "./form.js";
import {notice} from "./notice.js";
import {t} from "./text.js";

// Opens a dialog; `fill(close)` returns its contents. Resolves with the argument of close(), or
// undefined.
export function dialog(title, fill) {
  return new Promise((resolve) => {
    const id = newId("dialog");
    const box = h("dialog", {"aria-labelledby": id});
    let answer;
    const close = (value) => {
      answer = value;
      box.close();
    };
    box.addEventListener("close", () => {
      box.remove();
      resolve(answer);
    });
    add(
      box,
      h(
        "div",
        {class: "dialog-head"},
        h("h2", {id}, title),
        h(
          "button",
          {type: "button", class: "quiet square", "aria-label": t("close"), onclick: () => close()},
          icon("close"),
        ),
      ),
      fill(close),
    );
    document.body.append(box);
    box.showModal();
    box.querySelector("input:not([type=hidden]), select, textarea, .actions button")?.focus();
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

// Runs `act`. If the server asks for proof that this is still the same person, shows that question
// and runs `act` again. False if the person cancels. An account with a second factor is asked for
// its code, any other one for its password.
export async function withProof(act) {
  try {
    return await act();
  } catch (error) {
    if (error.code !== "reauthentication_required") throw error;
  }
  // Asked anew, because another tab may have added or removed the factor.
  const {user} = await get("auth/session");
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
    return [h("p", {}, t("proof.text")), user?.mfa_enabled ? by_code : by_password];
  });
  return proved ? act() : false;
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

// Something to copy that is shown only once.
export function secretBox(text, label) {
  const copy = h("button", {type: "button", class: "small"}, icon("copy", 16), t("copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text).then(
      () => notice(t("copied")),
      () => notice(t("copy_failed"), "bad"),
    );
  });
  return h("div", {class: "secret"}, h("code", {"aria-label": label, tabindex: "0"}, text), copy);
}
