// Who did what, newest first.

import {field, form, get, h, has, keepAddress, keysBelow, moment, t} from "../_account/core.js";
import {actionText, outcomeBadge} from "../_account/events.js";
import {pages} from "../_account/pages.js";
import {adminPage, none, table} from "./layout.js";

const person = (id, name) =>
  id
    ? h("a", {href: `/admin/users/${id}`, title: t("audit.number", {id})}, name ?? `#${id}`)
    : none();

function cells(one) {
  const more = [one.address, one.target, one.detail].filter(Boolean).join(" · ");
  // On a narrow screen, what people do to themselves has one name.
  const whom = one.subject && one.subject === one.actor ? "same" : null;
  return [
    moment(one.at),
    h(
      "span",
      {title: one.action, class: "event"},
      actionText(one.action),
      outcomeBadge(one.outcome),
    ),
    one.operator ? one.operator : person(one.actor, one.actor_name),
    h("span", {class: whom}, person(one.subject, one.subject_name)),
    more || none(),
  ];
}

export function auditTable() {
  const list = table(
    t("audit.title"),
    ["audit.when", "audit.what", "audit.who", "audit.whom", "audit.detail"],
    {kind: "audit", empty: t("audit.none")},
  );
  return {
    element: list.element,
    show: (entries) => list.show(entries.map(cells)),
    append: (entries) => list.append(entries.map(cells)),
  };
}

// Those that the catalogue has words for, in the order of the words.
const actionChoices = () =>
  keysBelow("did.")
    .map((action) => [action, actionText(action)])
    .sort(([, a], [, b]) => a.localeCompare(b));

export async function audit({query}) {
  const asked = {
    user: query.get("user") ?? "",
    action: has(`did.${query.get("action")}`) ? query.get("action") : "",
    since: query.get("since") ?? "",
  };
  const list = auditTable();
  const {more, restart} = pages(list, async (before) => {
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
        label: t("user"),
        hint: t("audit.user_hint"),
        plain: true,
        value: asked.user,
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: "false",
      }),
      field({
        name: "action",
        label: t("audit.what"),
        value: asked.action,
        options: [["", t("audit.any")], ...actionChoices()],
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
      keepAddress(new URLSearchParams(Object.entries(values).filter(([, value]) => value)));
      await restart();
    },
  });
  return adminPage(t("audit.title"), filters, list.element, more);
}
