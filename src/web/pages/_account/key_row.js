// A line for something that opens a door, such as an API key, with a button that revokes it.

import {action, attempt, call, confirm, h, icon, t} from "./core.js";

export const keyRow = (title, text, button) =>
  h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, icon("key")),
    h(
      "div",
      {class: "item-text"},
      h("p", {class: "item-title"}, title),
      h("p", {class: "soft"}, text),
    ),
    button,
  );

// `question` is what people are asked, [title, text]; `name` tells its buttons apart.
export const revokeButton = (address, name, [title, text], draw) =>
  action(
    t("key.revoke"),
    async () => {
      if (!(await confirm(title, text, t("key.revoke")))) return;
      if (await attempt(() => call("DELETE", address), t("key.revoked"))) await draw();
    },
    {kind: "small", name: `${t("key.revoke")}: ${name}`},
  );
