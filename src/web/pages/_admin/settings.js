// The configuration in force; the server masks what is secret.

import {get, h, replace, t} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {adminPage, searchBox} from "./layout.js";

const shown = (value) => (Array.isArray(value) ? value.join(", ") : String(value)) || "–";

function groupsOf(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const name = entry[0].split(".")[0];
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups];
}

export async function settings() {
  const all = Object.entries(await get("admin/settings"));
  const list = h("div", {class: "content"});
  const draw = (wanted) => {
    const words = wanted.toLowerCase().split(/\s+/);
    const found = all.filter(([key, value]) =>
      words.every((word) => `${key} ${shown(value)}`.toLowerCase().includes(word)),
    );
    replace(
      list,
      found.length === 0 ? h("p", {class: "empty"}, t("settings.none", {text: wanted})) : null,
      groupsOf(found).map(([name, entries]) =>
        panel(
          name,
          h(
            "dl",
            {class: "settings"},
            entries.map(([key, value]) => [
              h("dt", {}, key),
              h("dd", {}, h("code", {}, shown(value))),
            ]),
          ),
        ),
      ),
    );
  };
  draw("");
  return adminPage(
    t("settings.title"),
    h("p", {class: "soft"}, t("settings.text")),
    h("div", {class: "toolbar"}, searchBox(t("settings.search"), draw)),
    list,
  );
}
