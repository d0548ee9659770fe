// The attributes that the operator has declared: a form for those that may be changed, and the
// others as they are.

import {field, form, h, notice, t} from "./core.js";
import {panel} from "./layout.js";

const PREFIX = "attributes.";
const MAX_TEXT = 1024;

// One field for each type. Its value() is what the API takes; null removes.
const ATTRIBUTE_FIELDS = {
  text: (common, value) => {
    const one = field({...common, value: value ?? "", maxlength: MAX_TEXT});
    return Object.assign(one, {value: () => one.input.value.trim() || null});
  },
  number: (common, value) => {
    const isWhole = (text) => /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text));
    const one = field({
      ...common,
      value: value ?? "",
      inputmode: "numeric",
      maxlength: 17,
      check: (text) => (isWhole(text.trim()) ? "" : t("attributes.number")),
    });
    const text = () => one.input.value.trim();
    return Object.assign(one, {value: () => (text() === "" ? null : Number(text()))});
  },
  boolean: (common, value) => {
    const options = [
      ["", t("attributes.unset")],
      ["true", t("attributes.yes")],
      ["false", t("attributes.no")],
    ];
    const one = field({...common, options, value: value === null ? "" : String(value)});
    return Object.assign(one, {
      value: () => (one.input.value === "" ? null : one.input.value === "true"),
    });
  },
  texts: (common, value) => {
    const lines = value ?? [];
    const one = field({
      ...common,
      type: "textarea",
      rows: Math.min(Math.max(lines.length + 1, 2), 8),
      value: lines.join("\n"),
      hint: t("attributes.texts_hint"),
    });
    const texts = () => one.input.value.split("\n").map((line) => line.trim());
    return Object.assign(one, {value: () => texts().filter(Boolean)});
  },
};

function inWords(value) {
  if (value === null) return t("attributes.unset");
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "boolean") return t(value ? "attributes.yes" : "attributes.no");
  return String(value);
}

// A panel for `declared`, with the `values` of one person; null if nothing is declared.
// `save(values)` sends the new ones, and returns false if that was given up.
export function attributesPanel(title, declared, values, save) {
  if (declared.length === 0) return null;
  const fixed = declared.filter((one) => !one.is_writable);
  const open = declared.filter((one) => one.is_writable);
  const fields = open.map(({name, label, type}) =>
    ATTRIBUTE_FIELDS[type](
      {name: PREFIX + name, label, autocomplete: "off", plain: true},
      values[name],
    ),
  );
  return panel(
    title,
    fixed.length > 0
      ? h(
          "dl",
          {class: "settings"},
          fixed.map(({name, label}) => [h("dt", {}, label), h("dd", {}, inWords(values[name]))]),
        )
      : null,
    open.length > 0
      ? form({
          kind: "grid",
          fields,
          submit: t("attributes.save"),
          send: async (sent) => {
            const wanted = Object.fromEntries(
              Object.entries(sent).map(([name, value]) => [name.slice(PREFIX.length), value]),
            );
            if (await save(wanted)) notice(t("saved"));
          },
        })
      : null,
  );
}
