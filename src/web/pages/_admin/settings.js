// The configuration in force; the server masks what is secret.

import {get, h, t} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {adminPage} from "./layout.js";

const shown = (value) => (Array.isArray(value) ? value.join(", ") : String(value)) || "–";

export async function settings() {
  const found = Object.entries(await get("admin/settings"));
  const groups = Map.groupBy?.(found, ([key]) => key.split(".")[0]) ?? new Map([["", found]]);
  return adminPage(
    t("settings.title"),
    h("p", {class: "soft"}, t("settings.text")),
    [...groups].map(([name, entries]) =>
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
}
