// Forms: labelled fields, whose errors are shown below them and read out, and a button that waits.

import {Refused} from "./api.js";
import {boot} from "./boot.js";
import {add, h, icon, newId} from "./dom.js";
import {message} from "./notice.js";
import {t, tn} from "./text.js";

// field({name, label, type, hint, check, …attributes}). `check(value, all)` returns what is wrong,
// or "". `plain` leaves out the word "optional", for forms in which every field is.
export function field({
  name,
  label,
  type = "text",
  hint = "",
  check = null,
  after = null,
  options = null,
  plain = false,
  ...more
}) {
  const id = newId(name);
  const attributes = {id, name, "aria-describedby": `${id}-note`, ...more};
  const input = options
    ? h(
        "select",
        attributes,
        options.map(([value, text]) => h("option", {value}, text)),
      )
    : type === "textarea"
      ? h("textarea", {rows: 2, ...attributes})
      : h("input", {type, ...attributes});
  if (options && more.value !== undefined) input.value = more.value;
  const note = h("p", {class: "note", id: `${id}-note`}, hint);
  const complain = (text) => {
    note.textContent = text || hint;
    note.classList.toggle("bad", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const verify = (all) => {
    const value = input.value.trim();
    let wrong = more.required && value === "" ? t("field.required") : "";
    if (!wrong && type === "email" && value !== "" && !input.validity.valid)
      wrong = t("field.email");
    if (!wrong && check && value !== "") wrong = check(input.value, all);
    complain(wrong);
    return !wrong;
  };
  const box = h(
    "div",
    {class: "field"},
    h(
      "label",
      {for: id},
      label,
      more.required || options || plain
        ? null
        : h("span", {class: "optional"}, t("field.optional")),
    ),
    type === "password" ? h("div", {class: "with-button"}, input, reveal(input)) : input,
    after,
    note,
  );
  return {name, input, box, complain, verify, type};
}

function reveal(input) {
  const button = h(
    "button",
    {
      type: "button",
      class: "quiet square",
      "aria-label": t("password.show"),
      "aria-pressed": "false",
    },
    icon("eye"),
  );
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.replaceChildren(icon(shown ? "hidden" : "eye"));
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", t(shown ? "password.hide" : "password.show"));
    input.focus();
  });
  return button;
}

// form({fields, submit, send, extra}): awaits `send(values)` and shows what it throws, at the field
// that it is about if there is one. What a field has in its function `value` goes before what is in
// its input. `account` is the name of the account whose password it takes.
export function form({
  fields,
  submit,
  send,
  extra = null,
  danger = false,
  kind = "",
  account = "",
}) {
  const problem = h("div", {class: "problem"});
  const button = h(
    "button",
    {type: "submit", class: danger ? "primary danger" : "primary"},
    submit,
  );
  const values = () =>
    Object.fromEntries(
      fields.map(({name, input, type, value}) => [
        name,
        value
          ? value()
          : type === "password" || input.dataset.exact
            ? input.value
            : input.value.trim(),
      ]),
    );
  for (const one of fields) {
    one.input.addEventListener("change", () => one.verify(values()));
    one.input.addEventListener("input", () => {
      if (one.input.hasAttribute("aria-invalid")) one.verify(values());
    });
  }
  const element = h(
    "form",
    {novalidate: true, class: kind},
    problem,
    account ? accountField(account) : null,
    fields.map((one) => one.box),
    extra,
    h("div", {class: "actions"}, button),
  );
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    problem.replaceChildren();
    const wrong = fields.filter((one) => !one.verify(values()));
    if (wrong.length > 0) {
      wrong[0].input.focus();
      return;
    }
    wait(button, true);
    try {
      await send(values(), element);
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      const text = error instanceof Refused ? error.message : t("error.unknown");
      const at = fields.find((one) => one.name === error.field);
      if (at) {
        at.complain(text);
        at.input.focus();
      } else {
        problem.replaceChildren(message("bad", text));
      }
    } finally {
      wait(button, false);
    }
  });
  return element;
}

export function wait(button, is_waiting) {
  if (is_waiting) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

// A button that does something that may take a moment or fail.
export function action(label, run, {kind = "", name = null, glyph = null} = {}) {
  const button = h(
    "button",
    {type: "button", class: kind, "aria-label": name},
    glyph && icon(glyph, 18),
    label,
  );
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    wait(button, true);
    try {
      await run(button);
    } finally {
      wait(button, false);
    }
  });
  return button;
}

// What adds nothing to a password: runs of keys, years and the most common words.
const EASY = new RegExp(
  "0123|1234|2345|3456|4567|5678|6789|abcd|qwer|wert|asdf|yxcv|zxcv|qwertz|19\\d\\d|20\\d\\d|" +
    "passwor[dt]|letmein|welcome|admin|iloveyou",
  "g",
);

// How hard a password is to guess, 0 to 4: a hint while typing. The server's own rules decide.
export function strength(password, known = []) {
  let text = password.toLowerCase();
  for (const word of known) {
    if (word && word.length > 2) text = text.replaceAll(word.toLowerCase(), "*");
  }
  text = text.replace(/(.)\1{2,}/g, "$1$1");
  text = text.replace(EASY, "*");
  let alphabet = 0;
  if (/[a-z]/.test(text)) alphabet += 26;
  if (/[A-Z]/.test(password)) alphabet += 12;
  if (/[0-9]/.test(text)) alphabet += 10;
  if (/[^a-z0-9]/.test(text)) alphabet += 14;
  const different = new Set(text).size;
  const bits = Math.min(text.length, different * 2) * Math.log2(Math.max(alphabet, 1));
  if ([...password].length < boot.min_length) return Math.min(1, bits > 20 ? 1 : 0);
  return [30, 42, 55, 70].filter((limit) => bits >= limit).length;
}

// The rules, for whoever has not typed anything yet.
const rulesOfPassword = (count) =>
  tn("password.hint", count) + (boot.refuses_known ? ` ${t("password.hint_known")}` : "");

// A field for a new password, with its meter. `known()` returns words that it should not contain;
// `least` is the fewest characters if the account has a second factor, or may have one.
export function newPasswordField({
  name = "password",
  label = t("password.new"),
  known = () => [],
  least = boot.min_length,
} = {}) {
  const bar = h(
    "div",
    {class: "meter", "data-score": "0", "aria-hidden": "true"},
    h("i"),
    h("i"),
    h("i"),
    h("i"),
  );
  const words = h("p", {class: "meter-words", role: "status"});
  const one = field({
    name,
    label,
    type: "password",
    required: true,
    autocomplete: "new-password",
    minlength: least,
    passwordrules: `minlength: ${boot.min_length}; maxlength: ${boot.max_length};`,
    hint: rulesOfPassword(least),
    check: (value) =>
      [...value].length < least
        ? tn("error.weak_password.too_short", least)
        : [...value].length > boot.max_length
          ? tn("error.weak_password.too_long", boot.max_length)
          : "",
    after: h("div", {class: "strength"}, bar, words),
  });
  one.input.addEventListener("input", () => {
    const empty = one.input.value === "";
    const score = strength(one.input.value, known());
    bar.dataset.score = empty ? "0" : String(Math.max(score, 1));
    words.textContent = empty ? "" : t(`password.score.${score}`);
  });
  return one;
}

// Tells a password manager whose password a form is about, where nobody has to type that.
function accountField(name) {
  return h("input", {
    type: "text",
    name: "username",
    autocomplete: "username",
    value: name,
    readonly: true,
    tabindex: "-1",
    "aria-hidden": "true",
    class: "unseen",
  });
}

export function confirmField(first) {
  return field({
    name: "repeated",
    label: t("password.repeat"),
    type: "password",
    required: true,
    autocomplete: "new-password",
    check: (value) => (value === first.input.value ? "" : t("password.differs")),
  });
}

// The username or email of somebody who is not signed in.
export function loginField(more = {}) {
  return field({
    name: "login",
    label: t("signin.login"),
    required: true,
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    autofocus: true,
    ...more,
  });
}

export function codeField({name = "code", label = t("code.label"), hint = "", digits = true} = {}) {
  return field({
    name,
    label,
    hint,
    required: true,
    autocomplete: "one-time-code",
    inputmode: digits ? "numeric" : "text",
    autocapitalize: "characters",
    spellcheck: "false",
    class: "code",
    maxlength: 32,
  });
}

export function button(label, onclick, kind = "") {
  return h("button", {type: "button", class: kind, onclick}, label);
}

export function row(...children) {
  return add(h("div", {class: "row"}), children);
}
