// Fields of the forms for clients and resources. value() is what the API takes, show(value) fills
// the field with what it gives.

import {add, field, h, newId, t} from "../_account/core.js";

const QUIET = {autocomplete: "off", autocapitalize: "none", spellcheck: "false", plain: true};

export function textField({value = "", ...more}) {
  const one = field({...QUIET, maxlength: 2000, value, ...more});
  const is_exact = Boolean(one.input.dataset.exact);
  return Object.assign(one, {
    value: () => (is_exact ? one.input.value : one.input.value.trim()),
    show: (text) => (one.input.value = text),
  });
}

// One value in each line.
export function linesField({value = [], ...more}) {
  const one = field({
    ...QUIET,
    type: "textarea",
    rows: Math.min(Math.max(value.length + 1, 2), 8),
    value: value.join("\n"),
    ...more,
  });
  const lines = () => one.input.value.split("\n").map((line) => line.trim());
  return Object.assign(one, {
    value: () => lines().filter(Boolean),
    show: (list) => (one.input.value = list.join("\n")),
  });
}

// A time such as "15m". The API writes "0" where a setting of the server decides.
export function durationField({value = "0", ...more}) {
  const text = (life) => (life === "0" ? "" : life);
  const one = field({...QUIET, maxlength: 20, value: text(value), ...more});
  return Object.assign(one, {
    value: () => one.input.value.trim() || "0",
    show: (life) => (one.input.value = text(life)),
  });
}

// One of `options`, [[value, text], …]. `read` and `write` turn what the API gives into a text and
// back. A value that these pages do not know stays as it is.
export function choiceField({value, options, read = String, write = (text) => text, ...more}) {
  const now = read(value);
  const all = options.some(([one]) => one === now) ? options : [...options, [now, now]];
  const one = field({value: now, options: all, ...more});
  return Object.assign(one, {
    value: () => write(one.input.value),
    show: (next) => (one.input.value = read(next)),
  });
}

function tick(type, name, value, text) {
  const input = h("input", {type, name, value});
  return {input, label: h("label", {class: "tick"}, input, h("span", {}, text))};
}

// Some of `options`, [[value, text], …]. `all` is the text of the choice that stands for an empty
// list: without it, nobody lets everybody in by removing the last tick.
export function ticksField({name, label, hint = "", value = [], options, all = "", some = ""}) {
  const id = newId(name);
  const known = [
    ...options,
    ...value.filter((v) => !options.some(([o]) => o === v)).map((v) => [v, v]),
  ];
  const boxes = known.map(([one, text]) => tick("checkbox", name, one, text));
  const everything = all && tick("radio", `${id}-all`, "all", all);
  const certain = all && tick("radio", `${id}-all`, "some", some);
  const list = h(
    "div",
    {class: "ticks"},
    boxes.map((one) => one.label),
  );
  const note = h("p", {class: "note", id: `${id}-note`}, hint);
  const box = h(
    "fieldset",
    {class: "field", id, tabindex: "-1", "aria-describedby": `${id}-note`},
    h("legend", {class: "label"}, label),
  );
  const whether = all ? h("div", {class: "ticks"}, everything.label, certain.label) : null;
  add(box, whether, list, note);
  const ticked = () => boxes.filter(({input}) => input.checked).map(({input}) => input.value);
  const is_everything = () => Boolean(all) && everything.input.checked;
  const follow = () => (list.hidden = is_everything());
  const complain = (text) => {
    note.textContent = text || hint;
    note.classList.toggle("bad", Boolean(text));
  };
  const show = (values) => {
    for (const {input} of boxes) input.checked = values.includes(input.value);
    if (all) (values.length === 0 ? everything : certain).input.checked = true;
    follow();
  };
  box.addEventListener("change", follow);
  show(value);
  return {
    name,
    box,
    input: box,
    type: "ticks",
    complain,
    show,
    value: () => (is_everything() ? [] : ticked()),
    verify: () => {
      const is_missing = Boolean(all) && !is_everything() && ticked().length === 0;
      complain(is_missing ? t("field.tick") : "");
      return !is_missing;
    },
  };
}
