// The API keys of everybody: searched, sorted and revoked.

import {
  ago,
  day,
  field,
  fullName,
  get,
  h,
  keepAddress,
  notice,
  path,
  replace,
  t,
} from "../_account/core.js";
import {revokeButton} from "../_account/key_row.js";
import {pages} from "../_account/pages.js";
import {adminPage, searchBox, table} from "./layout.js";

const KEY_ORDERS = ["owner", "last_used", "-last_used"];

const keyCells = (one, draw) => [
  h("div", {}, one.name, h("small", {}, h("code", {}, `${one.prefix}…`))),
  h(
    "div",
    {},
    h("a", {href: `/admin/users/${one.user.id}?tab=keys`}, fullName(one.user)),
    one.user.is_active ? null : h("span", {class: "badge bad"}, t("user.disabled")),
  ),
  h(
    "span",
    {class: "badges"},
    one.scopes.map((scope) => h("span", {class: "badge"}, scope)),
    h("small", {}, t("all_keys.roles", {roles: one.roles.join(", ") || "–"})),
  ),
  day(one.created_at),
  one.last_used ? ago(one.last_used) : t("key.never_used"),
  day(one.expires_at),
  revokeButton(
    path`admin/users/${one.user.id}/api-keys/${one.id}`,
    `${one.name} (${fullName(one.user)})`,
    [t("key.revoke"), t("key.revoke_text", {name: one.name})],
    draw,
  ),
];

export async function allApiKeys({query}) {
  const asked = {
    search: query.get("search") ?? "",
    sort: KEY_ORDERS.includes(query.get("sort")) ? query.get("sort") : KEY_ORDERS[0],
  };
  const list = table(
    t("api_keys.title"),
    ["key.name", "user", "key.scope", "user.created", "client.used", "all_keys.expires", ""],
    {kind: "keys", empty: t("all_keys.none")},
  );
  const count = h("p", {class: "soft", role: "status"});
  let shown = 0;
  const told = {
    show: (rows) => {
      shown = 0;
      list.show(rows);
      tell(rows);
    },
    append: (rows) => {
      list.append(rows);
      tell(rows);
    },
  };
  const tell = (rows) => {
    shown += rows.length;
    replace(count, t("all_keys.shown", {count: shown}));
  };
  const {more, restart} = pages(told, async (cursor) => {
    const page = new URLSearchParams({sort: asked.sort, limit: "50"});
    if (asked.search) page.set("search", asked.search);
    if (cursor) page.set("cursor", cursor);
    const found = await get(`admin/api-keys?${page}`);
    return {rows: found.api_keys.map((one) => keyCells(one, restart)), next: found.next};
  });
  const changed = (what) => {
    Object.assign(asked, what);
    keepAddress(new URLSearchParams(Object.entries(asked).filter(([, value]) => value)));
    return restart().catch((error) => notice(error.message, "bad"));
  };
  const order = field({
    name: "sort",
    label: t("users.sort"),
    options: KEY_ORDERS.map((one) => [one, t(`all_keys.sort.${one}`)]),
    value: asked.sort,
  });
  order.input.addEventListener("change", () => changed({sort: order.input.value}));
  await restart();
  return adminPage(
    t("api_keys.title"),
    h("p", {class: "soft"}, t("all_keys.text")),
    h(
      "div",
      {class: "toolbar"},
      searchBox(t("all_keys.search"), (search) => changed({search}), asked.search),
      h("div", {class: "inline"}, order.box),
    ),
    count,
    list.element,
    more,
  );
}
