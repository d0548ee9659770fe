// The tab "Profile" of an account: who it is, its roles, and whether it may sign in.

import {
  action,
  attempt,
  call,
  confirm,
  field,
  form,
  fullName,
  get,
  go,
  h,
  localeField,
  moment,
  notice,
  number,
  path,
  replace,
  t,
  withProof,
} from "../../_account/core.js";
import {attributesPanel} from "../../_account/attributes.js";
import {panel} from "../../_account/layout.js";
import {actionRow, change, ownAccount} from "./rows.js";

export async function profileTab(account) {
  const [{attributes: declared}, {roles}, {lock}] = await Promise.all([
    get("admin/attributes"),
    get("admin/roles"),
    get(`${account.base}/access`),
  ]);
  const granted = h("ul", {class: "items"});
  const states = h("ul", {class: "items"});
  const drawRoles = () =>
    replace(
      granted,
      roles.map((one) => roleRow(account, one, drawRoles)),
    );
  const drawStates = (found) =>
    replace(
      states,
      account.is_own ? h("li", {}, ownAccount()) : stateRows(account, found, reloadStates),
    );
  const reloadStates = async () => drawStates((await get(`${account.base}/access`)).lock);
  drawRoles();
  drawStates(lock);
  return [
    panel(t("profile.details"), details(account, reloadStates)),
    attributesPanel(
      t("attributes.admin_title"),
      declared,
      account.now.attributes ?? {},
      async (attributes) => {
        const changed = await withProof(() => call("PATCH", account.base, {attributes}));
        if (changed) await account.show(changed);
        return Boolean(changed);
      },
    ),
    panel(t("roles.title"), granted),
    panel(t("user.state"), states),
  ];
}

function details(account, drawStates) {
  const found = account.now;
  const folded = (email) => (email ?? "").toLowerCase();
  const text = (name, more = {}) =>
    field({
      name,
      label: t(name),
      value: found[name] ?? "",
      autocomplete: "off",
      maxlength: 254,
      plain: true,
      ...more,
    });
  return form({
    kind: "grid",
    fields: [
      text("first_name"),
      text("last_name"),
      text("username", {autocapitalize: "none", spellcheck: "false"}),
      text("email", {type: "email"}),
      text("phone_number", {type: "tel"}),
      localeField(found.locale),
    ],
    submit: t("save"),
    send: async (values) => {
      const changed = await withProof(() => call("PATCH", account.base, values));
      if (!changed) return;
      // Another email ends all sessions of the account: this leads to sign-in.
      if (account.is_own && folded(changed.email) !== folded(found.email)) return go("/admin");
      await account.show(changed);
      await drawStates();
      notice(t("saved"));
    },
  });
}

function roleRow(account, {name, description}, draw) {
  const {now} = account;
  const has = now.roles.includes(name);
  const label = t(has ? "user.revoke" : "user.grant");
  const move = async () => {
    if (name === "admin" && !(await isSureOfAdmin(account, has))) return;
    const method = has ? "DELETE" : "PUT";
    const changed = await attempt(
      () => call(method, `${account.base}${path`/roles/${name}`}`),
      t("saved"),
    );
    if (!changed) return;
    await account.show(changed);
    draw();
  };
  return h(
    "li",
    {class: "item"},
    h(
      "div",
      {class: "item-text"},
      h(
        "p",
        {class: "item-title"},
        name,
        has ? h("span", {class: "badge good"}, t("user.has")) : null,
      ),
      description ? h("p", {class: "soft"}, description) : null,
    ),
    action(label, move, {kind: "small", name: `${label}: ${name}`}),
  );
}

function isSureOfAdmin({now, is_own}, has) {
  const label = t(has ? "user.revoke_admin" : "user.grant_admin");
  const own = is_own ? "_own" : "";
  const text = has
    ? t(`user.revoke_admin_text${own}`, {name: fullName(now)})
    : t("user.grant_admin_text", {name: fullName(now)});
  return confirm(label, text, label, {danger: has});
}

// Whether the account may sign in, and what changes that.
function stateRows(account, lock, draw) {
  const name = fullName(account.now);
  return [
    account.now.email ? emailRow(account, draw) : null,
    account.now.is_active
      ? actionRow(
          t("user.disable_text", {name}),
          change(account, "user.disable", "disable", {
            sure: "user.disable_text",
            kind: "danger",
            after: draw,
          }),
        )
      : actionRow(
          t("user.enable_text", {name}),
          change(account, "user.enable", "enable", {after: draw}),
        ),
    actionRow(lockTexts(lock), change(account, "user.unlock", "unlock", {after: draw})),
  ];
}

// Whether the email is known to be the person's.
function emailRow(account, draw) {
  const {email, email_verified: is_verified} = account.now;
  const what = is_verified ? "unverify" : "verify";
  const label = t(`user.email_${what}`);
  const mark = async () => {
    const text = t(`user.email_${what}_text`, {email, name: fullName(account.now)});
    if (!(await confirm(label, text, label, {danger: is_verified}))) return;
    const wanted = {email_verified: !is_verified};
    const changed = await attempt(() => call("PATCH", account.base, wanted), t("saved"));
    if (!changed) return;
    await account.show(changed);
    await draw();
  };
  return actionRow(t(`user.email_${what}_about`, {email}), action(label, mark, {kind: "small"}));
}

function lockTexts({failures, wrong_second_factors: factors, until, is_barred}) {
  const is_clear = failures === 0 && factors === 0 && !until;
  return [
    is_clear ? t("user.lock_none") : null,
    failures > 0 ? t("user.lock_failures", {count: number(failures)}) : null,
    factors > 0 ? t("user.lock_factors", {count: number(factors)}) : null,
    until ? t("user.lock_until", {when: moment(until)}) : null,
    is_barred ? t("user.lock_barred") : null,
    is_clear ? null : t("user.unlock_about"),
  ];
}
