// The sections of administration, and the tables in them.

import {add, h, icon, replace, t} from "../_account/core.js";
import {layout} from "../_account/layout.js";

export const adminPage = (heading, ...children) =>
  layout("admin", t("admin"), null, heading, ...children);
export const adminPageAt = (at, heading, ...children) =>
  layout("admin", t("admin"), at, heading, ...children);

// What a cell shows when there is nothing: a narrow screen leaves the cell out.
export const none = () => h("span", {class: "none"}, "–");

const headOf = (key) => {
  if (key instanceof Node) return key;
  return key ? t(key) : h("span", {class: "unseen"}, t("actions"));
};
const labelOf = (key) => (key && !(key instanceof Node) ? t(key) : null);

// A table, which becomes a list of cards on a narrow screen. `columns` are keys of the catalogue; a
// column "" has no heading, and one that is an element has that. `kind` is a class, for tables with
// a form of their own; `empty` is what a table without rows says.
export function table(caption, columns, {kind = "", empty = t("nothing")} = {}) {
  const body = h("tbody");
  const element = h(
    "div",
    {class: `table ${kind}`},
    h(
      "table",
      {},
      h("caption", {class: "unseen"}, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((key) => h("th", {scope: "col"}, headOf(key))),
        ),
      ),
      body,
    ),
  );
  const row = (cells) =>
    h(
      "tr",
      {},
      cells.map((cell, i) => add(h("td", {"data-label": labelOf(columns[i])}), cell)),
    );
  return {
    element,
    show: (rows) =>
      replace(
        body,
        rows.length > 0
          ? rows.map(row)
          : h("tr", {}, h("td", {colspan: columns.length, class: "empty"}, empty)),
      ),
    append: (rows) => add(body, rows.map(row)),
  };
}

// A search that starts a moment after the last key.
export function searchBox(label, search, value = "") {
  const input = h("input", {
    type: "search",
    id: "search",
    value,
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "none",
    placeholder: label,
  });
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    // Not once the page was left.
    waiting = setTimeout(() => input.isConnected && search(input.value.trim()), 250);
  });
  return h(
    "div",
    {class: "search", role: "search"},
    h("label", {for: "search", class: "unseen"}, label),
    icon("search"),
    input,
  );
}
