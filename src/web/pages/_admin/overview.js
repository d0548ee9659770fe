// The state of the server at a glance.

import {ago, call, get, h, icon, number, t} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {auditTable} from "./audit.js";
import {adminPage} from "./layout.js";
import {statistics} from "./statistics.js";

const tile = (glyph, label, value, kind, href) =>
  h(
    href ? "a" : "div",
    {class: `tile ${kind}`, href},
    h("span", {class: "item-icon"}, icon(glyph)),
    h("span", {class: "soft"}, label),
    h("strong", {}, value),
  );

export async function overview() {
  const [health, mails, {keys}, {clients}, people, {entries}, days] = await Promise.all([
    call("GET", "/health"),
    get("admin/mail?limit=500"),
    get("admin/keys"),
    get("admin/clients"),
    get("admin/users?limit=1"),
    get("admin/audit?limit=8"),
    get("admin/statistics"),
  ]);
  const dead = mails.mails.filter((one) => one.dead).length;
  const waiting = mails.mails.length - dead;
  const active = keys.find((one) => one.state === "active");
  const status = health.status === "ok" ? t("overview.ok") : health.status;
  const list = auditTable();
  list.show(entries);
  return adminPage(
    t("overview.title"),
    h(
      "div",
      {class: "tiles"},
      tile(
        "check",
        t("overview.server"),
        health.version ? `${status} · ${health.version}` : status,
        health.status === "ok" ? "good" : "bad",
      ),
      tile("users", t("users.title"), number(people.total), "", "/admin/users"),
      tile(
        "mail",
        t("overview.mail"),
        t("overview.mails", {waiting: number(waiting), dead: number(dead)}),
        dead > 0 ? "bad" : "",
        "/admin/mail",
      ),
      tile(
        "key",
        t("overview.key"),
        active ? `${active.algorithm} · ${ago(active.created_at)}` : "–",
        "",
        "/admin/keys",
      ),
      tile("app", t("clients.title"), number(clients.length), "", "/admin/clients"),
    ),
    statistics(days),
    panel(
      t("overview.recent"),
      list.element,
      h("p", {}, h("a", {href: "/admin/audit"}, t("overview.all"))),
    ),
  );
}
