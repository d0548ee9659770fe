// Accounts: found by the beginning of their name, page by page; and new ones.

import {
  action,
  confirmField,
  day,
  dialog,
  field,
  form,
  fullName,
  get,
  go,
  h,
  newPasswordField,
  notice,
  portrait,
  post,
  t,
  withProof,
} from "../_account/core.js";
import {adminPage, none, pages, searchBox, table} from "./layout.js";

export function state(user) {
  return [
    user.is_active ? null : h("span", {class: "badge bad"}, t("user.disabled")),
    user.mfa_enabled ? h("span", {class: "badge good"}, t("user.mfa")) : null,
    user.roles.filter((role) => role !== "user").map((role) => h("span", {class: "badge"}, role)),
  ];
}

// An email that may break after the "@".
function address(email) {
  const [name, ...rest] = email.split("@");
  return h("span", {class: "cut-off", title: email}, `${name}@`, h("wbr"), rest.join("@"));
}

export async function users({query}) {
  let wanted = query.get("q") ?? "";
  const columns = ["user", "user.state", "email", "user.created"];
  const list = table(t("users.title"), columns, {kind: "users", empty: t("users.none")});
  const {more, restart} = pages(list, async (after) => {
    const asked = new URLSearchParams({limit: "50"});
    if (wanted) asked.set("q", wanted);
    if (after) asked.set("after", after);
    const found = await get(`admin/users?${asked}`);
    return {
      next: found.next,
      rows: found.users.map((one) => [
        h(
          "a",
          {href: `/admin/users/${one.id}`, class: "who-cell"},
          portrait(one, 32),
          h(
            "span",
            {},
            h("span", {class: "cut-off", title: fullName(one)}, fullName(one)),
            one.username && fullName(one) !== one.username
              ? h("small", {class: "cut-off"}, one.username)
              : null,
          ),
        ),
        h("span", {class: "badges"}, state(one)),
        one.email ? address(one.email) : none(),
        day(one.created_at),
      ]),
    };
  });
  await restart();
  return adminPage(
    t("users.title"),
    h(
      "div",
      {class: "toolbar"},
      searchBox(
        t("users.search"),
        (text) => {
          wanted = text;
          history.replaceState(
            history.state,
            "",
            text ? `/admin/users?q=${encodeURIComponent(text)}` : "/admin/users",
          );
          return restart().catch((error) => notice(error.message, "bad"));
        },
        wanted,
      ),
      action(t("users.add"), addUser, {kind: "primary", glyph: "user"}),
    ),
    list.element,
    more,
  );
}

async function addUser() {
  const made = await dialog(t("users.add"), (close) => {
    const username = field({
      name: "username",
      label: t("username"),
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      required: true,
    });
    const email = field({name: "email", label: t("email"), type: "email", autocomplete: "off"});
    const password = newPasswordField({label: t("password"), known: () => [username.input.value]});
    return form({
      fields: [username, email, password, confirmField(password)],
      submit: t("users.add"),
      send: async (values) => {
        const added = await withProof(() =>
          post("admin/users", {
            username: values.username,
            password: values.password,
            ...(values.email ? {email: values.email} : {}),
          }),
        );
        if (added) close(added);
      },
    });
  });
  if (!made) return;
  notice(t("users.added"));
  await go(`/admin/users/${made.id}`);
}
