// The configuration that the server uses, with the source of each value; the server masks what is
// secret.

import {get, h, number, replace, t} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {adminPage, searchBox} from "./layout.js";

const shown = (value) => (Array.isArray(value) ? value.join(", ") : String(value)) || "–";

function groupsOf(settings) {
  const groups = new Map();
  for (const one of settings) {
    const [name] = one.key.split(".");
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups];
}

const sourceText = ({source}) => (source === "default" ? t("settings.from_default") : source);

function defaultText(one) {
  if (!one.is_changed) return null;
  const value = one.default === null ? one.default_note : shown(one.default);
  return value ? t("settings.default", {value}) : null;
}

const settingRow = (one) =>
  h(
    "div",
    {class: "setting"},
    h(
      "dt",
      {},
      one.key,
      one.is_changed ? h("span", {class: "badge"}, t("settings.is_changed")) : null,
    ),
    h("dd", {}, h("code", {}, shown(one.value))),
    h("dd", {class: "soft"}, one.description),
    h(
      "dd",
      {class: "soft small-print"},
      [
        t("settings.source", {source: sourceText(one)}),
        defaultText(one),
        t(one.is_reloadable ? "settings.reloadable" : "settings.restart"),
      ]
        .filter(Boolean)
        .join(" · "),
    ),
  );

export async function settings() {
  const {file, settings: all} = await get("admin/settings/details");
  const list = h("div", {class: "content"});
  const count = h("p", {class: "soft", role: "status"});
  const only = h("input", {type: "checkbox", name: "changed"});
  let wanted = "";
  const draw = () => {
    const words = wanted.toLowerCase().split(/\s+/);
    const isFound = (one) => {
      const text = `${one.key} ${shown(one.value)} ${one.description ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word)) && (one.is_changed || !only.checked);
    };
    const found = all.filter(isFound);
    replace(count, t("settings.count", {count: number(found.length)}));
    replace(
      list,
      found.length > 0
        ? groupsOf(found).map(([name, some]) =>
            panel(name, h("dl", {class: "setting-list"}, some.map(settingRow))),
          )
        : h(
            "p",
            {class: "empty"},
            wanted ? t("settings.none", {text: wanted}) : t("settings.none_changed"),
          ),
    );
  };
  only.addEventListener("change", draw);
  draw();
  return adminPage(
    t("settings.title"),
    h("p", {class: "soft"}, t("settings.text")),
    file ? h("p", {class: "soft"}, t("settings.file", {file})) : null,
    h(
      "div",
      {class: "toolbar"},
      searchBox(t("settings.search"), (text) => {
        wanted = text;
        draw();
      }),
      h("label", {class: "tick"}, only, h("span", {}, t("settings.changed"))),
    ),
    count,
    list,
  );
}
