// Accounts: searched, filtered, sorted and chosen; and new ones. The address says what is shown, so
// that it can be kept and sent, and the history how much of it, so that "back" finds the place.

import {
  action,
  add,
  ago,
  day,
  dialog,
  field,
  form,
  fullName,
  get,
  go,
  h,
  keepAddress,
  newPasswordField,
  notice,
  number,
  portrait,
  post,
  replace,
  t,
  withProof,
} from "../_account/core.js";
import {changeMany} from "./bulk.js";
import {ticksField} from "./fields.js";
import {askInvitation} from "./invitations.js";
import {adminPage, none, searchBox, table} from "./layout.js";
import {filterBox, ORDERS, readFilters, writeFilters} from "./people_filters.js";

const PAGE = 50;
const MOST = 500; // that one request gives

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

const nameCell = (one) =>
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
  );

const personRow = (one, chosen) => [
  chosen.box(one),
  nameCell(one),
  h("span", {class: "badges"}, state(one)),
  one.email ? address(one.email) : none(),
  day(one.created_at),
  one.last_activity ? ago(one.last_activity) : none(),
];

// Who is chosen, by id, and the bar with what can be done to them. `all` gives everybody whom the
// filters find.
function selection({all, changed}) {
  const ids = new Map();
  let total = 0; // that the filters find
  const bar = h("div", {class: "chosen", role: "region", "aria-label": t("users.chosen")});
  const boxes = () => bar.parentElement?.querySelectorAll("tbody input[type=checkbox]") ?? [];
  const tick = () => {
    for (const box of boxes()) box.checked = ids.has(Number(box.value));
  };
  const clear = () => {
    ids.clear();
    tick();
    draw();
  };
  const act = (kind, danger = false) =>
    action(
      t(`bulk.${kind}`),
      async () => {
        if (!(await changeMany(kind, ids))) return;
        clear();
        await changed();
      },
      danger ? {kind: "danger"} : {},
    );
  function draw(found = total) {
    total = found;
    bar.hidden = ids.size === 0;
    if (bar.hidden) return;
    replace(
      bar,
      h("strong", {role: "status"}, t("users.chosen_count", {count: number(ids.size)})),
      action(t("users.choose_none"), clear, {kind: "quiet"}),
      total > ids.size
        ? action(t("users.choose_all", {count: number(total)}), chooseAll, {kind: "quiet"})
        : null,
      h(
        "div",
        {class: "row"},
        act("disable"),
        act("enable"),
        act("grant_role"),
        act("revoke_role"),
        act("delete", true),
      ),
    );
  }
  async function chooseAll() {
    for (const one of await all()) ids.set(one.id, fullName(one));
    tick();
    draw();
  }
  const set = (one, is_chosen) => {
    if (is_chosen) ids.set(one.id, fullName(one));
    else ids.delete(one.id);
  };
  return {
    bar,
    draw,
    box: (one) =>
      h(
        "label",
        {class: "pick"},
        h("input", {
          type: "checkbox",
          value: String(one.id),
          "aria-label": t("users.choose", {name: fullName(one)}),
          checked: ids.has(one.id),
          onchange: (event) => {
            set(one, event.target.checked);
            draw();
          },
        }),
      ),
    chooseShown: (rows, is_chosen) => {
      for (const one of rows) set(one, is_chosen);
      tick();
      draw();
    },
  };
}
// The list below the filters: {element, restart}.
function peopleList(filters) {
  const shown = [];
  const count = h("p", {class: "soft", role: "status"});
  const more = h("div", {class: "more"});
  const ask = (limit, cursor) => {
    const asked = new URLSearchParams({...writeFilters(filters), limit: String(limit)});
    if (cursor) asked.set("cursor", cursor);
    return get(`admin/users?${asked}`);
  };
  const everybody = async () => {
    const all = [];
    let next = null;
    do {
      const page = await ask(MOST, next);
      all.push(...page.users);
      next = page.next;
    } while (next);
    return all;
  };
  const chosen = selection({all: everybody, changed: () => restart(shown.length)});
  const allShown = h("input", {
    type: "checkbox",
    "aria-label": t("users.choose_shown"),
    onchange: () => chosen.chooseShown(shown, allShown.checked),
  });
  const columns = [
    h("label", {class: "pick"}, allShown),
    "user",
    "user.state",
    "email",
    "user.created",
    "user.active",
  ];
  const list = table(t("users.title"), columns, {kind: "users", empty: t("users.none")});
  const step = async (limit, cursor) => {
    const found = await ask(limit, cursor);
    if (!cursor) shown.length = 0;
    shown.push(...found.users);
    const rows = found.users.map((one) => personRow(one, chosen));
    if (cursor) list.append(rows);
    else list.show(rows);
    allShown.checked = false;
    chosen.draw(found.total);
    replace(count, t("users.count", {count: number(found.total)}));
    const next = async () => {
      await step(PAGE, found.next);
      keepAddress(new URLSearchParams(location.search), {...history.state, rows: shown.length});
    };
    replace(more, found.next ? action(t("more"), next) : null);
    return found.next;
  };
  // At least so many of them, if there are.
  async function restart(rows = PAGE) {
    let next = await step(Math.min(MOST, Math.max(PAGE, rows)), "");
    while (next && shown.length < rows && rows > PAGE)
      next = await step(Math.min(MOST, rows - shown.length), next);
  }
  return {count, restart, element: [list.element, more, chosen.bar]};
}

export async function users({query}) {
  const filters = readFilters(query);
  const list = peopleList(filters);
  const [{roles}] = await Promise.all([get("admin/roles"), list.restart(history.state?.rows)]);
  const changed = (what) => {
    Object.assign(filters, what);
    keepAddress(new URLSearchParams(writeFilters(filters)), null);
    return list.restart().catch((error) => notice(error.message, "bad"));
  };
  const order = field({
    name: "sort",
    label: t("users.sort"),
    options: ORDERS.map((one) => [one, t(`users.sort.${one}`)]),
    value: filters.sort,
  });
  order.input.addEventListener("change", () => changed({sort: order.input.value}));
  return adminPage(
    t("users.title"),
    h(
      "div",
      {class: "toolbar"},
      searchBox(t("users.search"), (search) => changed({search}), filters.search),
      action(t("users.add"), () => addUser(roles), {kind: "primary", glyph: "user"}),
    ),
    await filterBox(filters, changed, roles),
    h("div", {class: "toolbar found"}, list.count, add(h("div", {class: "inline"}), order.box)),
    list.element,
  );
}

const INVITE = "invite";

async function addUser(roles) {
  const names = roles.map(({name}) => name).filter((name) => name !== "user");
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
    // Once: it can be looked at, and is passed on.
    const password = newPasswordField({label: t("password"), known: () => [username.input.value]});
    const granted = ticksField({
      name: "roles",
      label: t("invitations.roles"),
      options: names.map((name) => [name, name]),
    });
    return form({
      fields: [username, email, password, granted],
      submit: t("users.add"),
      extra: h(
        "p",
        {class: "soft"},
        t("users.invite_instead"),
        " ",
        action(t("invitations.add"), () => close(INVITE), {kind: "small"}),
      ),
      send: async (values) => {
        const added = await withProof(() =>
          post("admin/users", {
            username: values.username,
            password: values.password,
            roles: values.roles,
            ...(values.email ? {email: values.email} : {}),
          }),
        );
        if (added) close(added);
      },
    });
  });
  if (!made) return;
  if (made === INVITE) {
    await askInvitation();
    return;
  }
  notice(t("users.added"));
  await go(`/admin/users/${made.id}`);
}
