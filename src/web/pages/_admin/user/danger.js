// The tab "Danger" of an account: what cannot be undone.

import {action, fullName, h, t} from "../../_account/core.js";
import {panel} from "../../_account/layout.js";
import {deleteByName} from "../deletion.js";
import {actionRow, ownAccount} from "./rows.js";

export function dangerTab({base, now, is_own}) {
  if (is_own) return panel(t("user.delete"), ownAccount());
  const name = fullName(now);
  const words = {title: "user.delete", text: "user.delete_text", done: "user.deleted"};
  const remove = () => deleteByName(base, name, now.username ?? now.email, words, "/admin/users");
  return panel(
    t("user.delete"),
    h(
      "ul",
      {class: "items"},
      actionRow(
        t("user.delete_text", {name}),
        action(t("user.delete"), remove, {kind: "small danger"}),
      ),
    ),
  );
}
