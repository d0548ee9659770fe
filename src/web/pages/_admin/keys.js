// The keys that sign tokens.

import {action, attempt, confirm, get, h, moment, post, t} from "../_account/core.js";
import {adminPage, table} from "./layout.js";

export async function keys() {
  const list = table(t("keys.title"), ["key", "key.algorithm", "user.state", "user.created"]);
  const draw = (found) =>
    list.show(
      found.keys.map((one) => [
        h("code", {}, one.kid),
        one.algorithm,
        h("span", {class: one.state === "active" ? "badge good" : "badge"}, t(`key.${one.state}`)),
        moment(one.created_at),
      ]),
    );
  draw(await get("admin/keys"));
  return adminPage(
    t("keys.title"),
    h(
      "div",
      {class: "toolbar"},
      h("p", {class: "soft"}, t("keys.text")),
      action(
        t("keys.rotate"),
        async () => {
          if (
            !(await confirm(t("keys.rotate"), t("keys.rotate_text"), t("keys.rotate"), {
              danger: false,
            }))
          )
            return;
          const found = await attempt(
            () => post("admin/keys/rotate", undefined),
            t("keys.rotated"),
          );
          if (found) draw(found);
        },
        {kind: "primary", glyph: "key"},
      ),
    ),
    list.element,
  );
}
