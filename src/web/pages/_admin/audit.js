// Who did what, newest first.

import {field, form, get, h, has, moment, t} from "../_account/core.js";
import {adminPage, pages, table} from "./layout.js";

const spoken = (action) => (has(`did.${action}`) ? t(`did.${action}`) : action);
const person = (id) => (id ? h("a", {href: `/admin/users/${id}`}, `#${id}`) : "–");

function cells(one) {
  return [
    moment(one.at),
    h(
      "span",
      {title: one.action},
      spoken(one.action),
      " ",
      one.outcome && one.outcome !== "ok" ? h("span", {class: "badge bad"}, one.outcome) : null,
    ),
    one.operator ? one.operator : person(one.actor),
    one.subject ? person(one.subject) : "–",
    [one.address, one.target, one.detail].filter(Boolean).join(" · ") || "–",
  ];
}

export function auditTable() {
  const list = table(t("audit.title"), [
    "audit.when",
    "audit.what",
    "audit.who",
    "audit.whom",
    "audit.detail",
  ]);
  return {
    element: list.element,
    show: (entries) => list.show(entries.map(cells)),
    append: (entries) => list.append(entries.map(cells)),
  };
}

const ACTIONS = [
  "account_activated",
  "account_created",
  "account_deleted",
  "account_disabled",
  "account_enabled",
  "account_unlocked",
  "client_added",
  "client_removed",
  "credentials_voided",
  "email_change_asked",
  "email_change_stopped",
  "email_changed",
  "email_verified",
  "factors_reset",
  "federated_login",
  "identity_linked",
  "identity_unlinked",
  "keys_rotated",
  "login",
  "login_by_code",
  "login_by_link",
  "password_changed",
  "password_reset",
  "profile_changed",
  "reauthenticated",
  "recovery_codes_renewed",
  "refresh_token_reused",
  "role_added",
  "role_deleted",
  "role_granted",
  "role_revoked",
  "roles_from_groups",
  "second_factor",
  "session_ended",
  "sessions_ended",
  "signup",
  "totp_added",
  "totp_removed",
];

export async function audit({query}) {
  const asked = {
    user: query.get("user") ?? "",
    action: query.get("action") ?? "",
    since: query.get("since") ?? "",
  };
  const list = auditTable();
  const {more, restart} = pages({show: list.show, append: list.append}, async (before) => {
    const filter = new URLSearchParams({limit: "50"});
    if (asked.user) filter.set("user", asked.user);
    if (asked.action) filter.set("action", asked.action);
    if (asked.since) filter.set("since", `${asked.since}T00:00:00Z`);
    if (before) filter.set("before", String(before));
    const found = await get(`admin/audit?${filter}`);
    return {rows: found.entries, next: found.next};
  });
  await restart();
  const filters = form({
    kind: "filters",
    fields: [
      field({
        name: "user",
        label: t("audit.user"),
        inputmode: "numeric",
        plain: true,
        value: asked.user,
        autocomplete: "off",
        check: (value) => (/^\d+$/.test(value.trim()) ? "" : t("audit.number")),
      }),
      field({
        name: "action",
        label: t("audit.what"),
        value: asked.action,
        options: [["", t("audit.any")], ...ACTIONS.map((one) => [one, spoken(one)])],
      }),
      field({
        name: "since",
        label: t("audit.since"),
        type: "date",
        plain: true,
        value: asked.since,
      }),
    ],
    submit: t("audit.filter"),
    send: async (values) => {
      Object.assign(asked, values);
      const filter = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
      history.replaceState(
        history.state,
        "",
        filter.size > 0 ? `/admin/audit?${filter}` : "/admin/audit",
      );
      await restart();
    },
  });
  return adminPage(t("audit.title"), filters, list.element, more);
}
