// One account, with everything that can be done to it.

import {apiKeyList} from "../_account/api_keys.js";
import {
  action,
  ago,
  attempt,
  call,
  confirm,
  field,
  forget,
  form,
  fullName,
  get,
  go,
  h,
  icon,
  localeField,
  message,
  moment,
  notice,
  path,
  portrait,
  post,
  replace,
  setUser,
  t,
  withProof,
} from "../_account/core.js";
import {attributesPanel} from "../_account/attributes.js";
import {sessionRow} from "../_account/devices.js";
import {panel} from "../_account/layout.js";
import {auditTable} from "./audit.js";
import {deleteByName} from "./deletion.js";
import {adminPageAt} from "./layout.js";
import {userPasskeys} from "./passkeys.js";
import {state} from "./users.js";

const ADMIN = "admin";

export async function user({id, user: me}) {
  const base = path`admin/users/${id}`;
  const keys = apiKeyList(`${base}/api-keys`);
  const [found, {attributes: declared}, {roles}, {entries}] = await Promise.all([
    get(base),
    get("admin/attributes"),
    get("admin/roles"),
    get(`admin/audit?user=${encodeURIComponent(id)}&limit=10`),
    keys.draw(),
  ]);
  const head = h("section", {class: "panel person"});
  const granted = panel(t("roles.title"));
  const commands = panel(t("user.actions"));
  const ending = panel(t("user.ending"));
  const open = panel(t("sessions.title"));
  const draw = async (now) => {
    if (now.id === me.id) {
      setUser(now);
      // Without the role, this person may no longer see this page.
      if (!now.is_active || !now.roles.includes(ADMIN)) return go("/account");
    }
    replace(head, summary(base, now, draw));
    replace(granted, h("h2", {}, t("roles.title")), roleRows(base, now, roles, draw, me));
    const change = changer(base, now, draw, () => drawSessions(open, base));
    const is_own = now.id === me.id;
    replace(commands, h("h2", {}, t("user.actions")), is_own ? ownAccount() : actions(now, change));
    replace(ending, h("h2", {}, t("user.ending")), endings(base, now, change));
    ending.hidden = is_own;
  };
  const passkeys = userPasskeys(base, fullName(found));
  await Promise.all([draw(found), drawSessions(open, base), passkeys.draw()]);
  const list = auditTable();
  list.show(entries);
  return adminPageAt(
    "/admin/users",
    fullName(found),
    h("p", {class: "back"}, h("a", {href: "/admin/users"}, icon("arrow", 16), t("users.title"))),
    head,
    panel(t("profile.details"), details(base, found, draw, me)),
    attributesPanel(
      t("attributes.admin_title"),
      declared,
      found.attributes ?? {},
      async (attributes) => {
        const changed = await withProof(() => call("PATCH", base, {attributes}));
        if (changed) await draw(changed);
        return Boolean(changed);
      },
    ),
    granted,
    commands,
    passkeys.element,
    open,
    panel(t("api_keys.title"), keys.element),
    panel(
      t("audit.title"),
      list.element,
      h("p", {}, h("a", {href: `/admin/audit?user=${found.id}`}, t("overview.all"))),
    ),
    ending,
  );
}

function summary(base, now, draw) {
  return [
    h(
      "div",
      {class: "picture"},
      portrait(now, 72),
      now.avatar_url
        ? action(
            t("picture.remove"),
            async () => {
              const removed = await attempt(
                () => call("DELETE", `${base}/avatar`),
                t("picture.removed"),
              );
              if (removed) await draw(await get(base));
            },
            {kind: "small"},
          )
        : null,
    ),
    h(
      "div",
      {},
      h("h2", {}, fullName(now)),
      h("p", {class: "soft"}, now.email ?? t("profile.no_email")),
      h(
        "p",
        {class: "badges"},
        state(now),
        now.email && !now.email_verified
          ? h("span", {class: "badge warn"}, t("profile.unconfirmed"))
          : null,
      ),
      h(
        "p",
        {class: "soft"},
        t("user.times", {
          id: now.id,
          created: moment(now.created_at),
          active: ago(now.last_activity),
        }),
      ),
    ),
  ];
}

async function drawSessions(box, base) {
  const {sessions} = await get(`${base}/sessions`);
  const end = (one) =>
    action(
      t("device.end"),
      async () => {
        if (
          !(await attempt(() => call("DELETE", path`admin/sessions/${one.id}`), t("device.ended")))
        )
          return;
        if (one.current)
          await go("/admin"); // which leads to sign-in
        else await drawSessions(box, base);
      },
      {kind: "small"},
    );
  replace(
    box,
    h("h2", {}, t("sessions.title")),
    h(
      "ul",
      {class: "items"},
      sessions.length === 0
        ? h("li", {class: "empty"}, t("sessions.none"))
        : sessions.map((one) => sessionRow(one, end(one))),
    ),
  );
}

// What was changed has ended the sessions of the person who changed it.
async function leave() {
  forget();
  await go("/signin");
}

function details(base, found, draw, me) {
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
      const changed = await withProof(() => call("PATCH", base, values));
      if (!changed) return;
      // Another email ends all sessions of the account.
      if (changed.id === me.id && folded(changed.email) !== folded(found.email))
        return go("/admin"); // which leads to sign-in
      await draw(changed);
      notice(t("saved"));
    },
  });
}

function roleRows(base, now, roles, draw, me) {
  return h(
    "ul",
    {class: "items"},
    roles.map(({name, description}) => {
      const has = now.roles.includes(name);
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
        action(
          t(has ? "user.revoke" : "user.grant"),
          async () => {
            if (name === ADMIN) {
              const label = t(has ? "user.revoke_admin" : "user.grant_admin");
              const own = now.id === me.id ? "_own" : "";
              const text = has
                ? t(`user.revoke_admin_text${own}`, {name: fullName(now)})
                : t("user.grant_admin_text", {name: fullName(now)});
              if (!(await confirm(label, text, label, {danger: has}))) return;
            }
            const changed = await attempt(
              () => call(has ? "DELETE" : "PUT", `${base}${path`/roles/${name}`}`),
              t("saved"),
            );
            if (changed) await draw(changed);
          },
          {kind: "small", name: `${t(has ? "user.revoke" : "user.grant")}: ${name}`},
        ),
      );
    }),
  );
}

// Runs `admin/users/:id/<what>`, after a question if there is one, and shows what has become of it.
function changer(base, now, draw, drawOpen) {
  return (label, what, {sure = "", kind = "", glyph = null, done = "saved"} = {}) =>
    action(
      t(label),
      async () => {
        const text = sure && t(sure, {name: fullName(now)});
        if (sure && !(await confirm(t(label), text, t(label)))) return;
        const changed = await attempt(() => post(`${base}/${what}`, undefined), t(done));
        if (!changed) return;
        if (changed.id) await draw(changed);
        await drawOpen();
      },
      {kind: `small ${kind}`, glyph},
    );
}

const actionRow = (text, button) =>
  h("li", {class: "item"}, h("div", {class: "item-text"}, h("p", {class: "soft"}, text)), button);

function actions(now, change) {
  const name = fullName(now);
  return h(
    "ul",
    {class: "items"},
    now.email
      ? actionRow(
          t("user.reset_about", {email: now.email}),
          change("user.reset", "password-reset", {
            glyph: "mail",
            sure: "user.reset_text",
            done: "user.reset_done",
          }),
        )
      : null,
    actionRow(t("user.unlock_about"), change("user.unlock", "unlock")),
    actionRow(
      t("user.logout_text", {name}),
      change("user.logout", "logout", {
        sure: "user.logout_text",
        glyph: "out",
        done: "device.ended",
      }),
    ),
    now.mfa_enabled
      ? actionRow(
          t("user.mfa_reset_about"),
          change("user.mfa_reset", "mfa/reset", {sure: "user.mfa_reset_text", kind: "danger"}),
        )
      : null,
  );
}

// What an administrator does to the own account is done where everybody does it.
const ownAccount = () =>
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

function endings(base, now, change) {
  const name = fullName(now);
  const words = {title: "user.delete", text: "user.delete_text", done: "user.deleted"};
  const remove = () => deleteByName(base, name, now.username ?? now.email, words, "/admin/users");
  return h(
    "ul",
    {class: "items"},
    now.is_active
      ? actionRow(
          t("user.disable_text", {name}),
          change("user.disable", "disable", {sure: "user.disable_text", kind: "danger"}),
        )
      : actionRow(t("user.enable_text", {name}), change("user.enable", "enable")),
    actionRow(
      t("user.delete_text", {name}),
      action(t("user.delete"), remove, {kind: "small danger"}),
    ),
  );
}
