// Lines of the tabs of an account: what can be done, with its button.

import {action, attempt, confirm, fullName, h, message, post, t} from "../../_account/core.js";

// `text` may be several; null ones are left out.
export const actionRow = (text, button) =>
  h(
    "li",
    {class: "item"},
    h(
      "div",
      {class: "item-text"},
      [text]
        .flat()
        .filter(Boolean)
        .map((one) => h("p", {class: "soft"}, one)),
    ),
    button,
  );

// A button for POST admin/users/:id/<what>, which asks first if there is a question `sure`. If the
// server gives the account, the page shows it; then `after` is called.
export const change = (
  account,
  label,
  what,
  {sure = "", kind = "", glyph = null, done = "saved", after = () => {}} = {},
) =>
  action(
    t(label),
    async () => {
      const text = sure && t(sure, {name: fullName(account.now)});
      if (sure && !(await confirm(t(label), text, t(label)))) return;
      const changed = await attempt(() => post(`${account.base}/${what}`, undefined), t(done));
      if (!changed) return;
      if (changed.id) await account.show(changed);
      await after();
    },
    {kind: `small ${kind}`, glyph},
  );

// What an administrator does to the own account is done where everybody does it.
export const ownAccount = () =>
  message(
    "info",
    t("user.own"),
    " ",
    h("a", {href: "/account/security"}, t("security.title")),
    " · ",
    h("a", {href: "/account/sessions"}, t("sessions.title")),
    " · ",
    h("a", {href: "/account/data"}, t("data.delete")),
  );
