// One account, with everything that can be done to it.

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
import {sessionRow} from "../_account/devices.js";
import {panel} from "../_account/layout.js";
import {auditTable} from "./audit.js";
import {adminPageAt} from "./layout.js";
import {state} from "./users.js";

const ADMIN = "admin";
const ENDS_SESSIONS = ["disable", "logout", "mfa/reset"];

export async function user({id, user: me}) {
  const base = path`admin/users/${id}`;
  const [found, {roles}, {entries}] = await Promise.all([
    get(base),
    get("admin/roles"),
    get(`admin/audit?user=${encodeURIComponent(id)}&limit=10`),
  ]);
  const head = h("section", {class: "panel person"});
  const granted = panel(t("roles.title"));
  const commands = panel(t("user.actions"));
  const open = panel(t("sessions.title"));
  const draw = async (now) => {
    if (now.id === me.id) {
      setUser(now);
      // Without the role, this person may no longer see this page.
      if (!now.is_active || !now.roles.includes(ADMIN)) return go("/account");
    }
    replace(
      head,
      portrait(now, 72),
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
    );
    replace(granted, h("h2", {}, t("roles.title")), roleRows(base, now, roles, draw, me));
    replace(commands, h("h2", {}, t("user.actions")), actions(base, now, draw, drawSessions, me));
  };
  const drawSessions = async () => {
    const {sessions} = await get(`${base}/sessions`);
    replace(
      open,
      h("h2", {}, t("sessions.title")),
      h(
        "ul",
        {class: "items"},
        sessions.length === 0
          ? h("li", {class: "empty"}, t("nothing"))
          : sessions.map((one) =>
              sessionRow(
                one,
                action(
                  t("device.end"),
                  async () => {
                    if (
                      await attempt(
                        () => call("DELETE", path`admin/sessions/${one.id}`),
                        t("device.ended"),
                      )
                    )
                      await drawSessions();
                  },
                  {kind: "small"},
                ),
              ),
            ),
      ),
    );
  };
  await draw(found);
  await drawSessions();
  const list = auditTable();
  list.show(entries);
  return adminPageAt(
    "/admin/users",
    fullName(found),
    h("p", {class: "back"}, h("a", {href: "/admin/users"}, icon("arrow", 16), t("users.title"))),
    head,
    panel(t("profile.details"), details(base, found, draw, me)),
    granted,
    commands,
    open,
    panel(t("audit.title"), list.element),
  );
}

// The action has ended the sessions of the person who took it.
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
    ],
    submit: t("save"),
    send: async (values) => {
      const now = await withProof(() => call("PATCH", base, values));
      if (!now) return;
      // Another email ends all sessions of the account.
      if (now.id === me.id && folded(now.email) !== folded(found.email)) return leave();
      await draw(now);
      notice(t("saved"));
    },
  });
}

// The texts differ when an administrator acts on the own account.
const about = (key, now, me) => t(now.id === me.id ? `${key}_own` : key, {name: fullName(now)});

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
              const text = has
                ? about("user.revoke_admin_text", now, me)
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

function actions(base, now, draw, drawSessions, me) {
  const change = (label, what, {sure = "", kind = "", glyph = null, done = "saved"} = {}) =>
    action(
      t(label),
      async () => {
        if (sure && !(await confirm(t(label), about(sure, now, me), t(label)))) return;
        const changed = await attempt(() => post(`${base}/${what}`, undefined), t(done));
        if (!changed) return;
        if (now.id === me.id && ENDS_SESSIONS.includes(what)) return leave();
        if (changed.id) await draw(changed);
        await drawSessions();
      },
      {kind, glyph},
    );
  return h(
    "div",
    {class: "row"},
    now.is_active
      ? change("user.disable", "disable", {sure: "user.disable_text", kind: "danger"})
      : change("user.enable", "enable"),
    change("user.logout", "logout", {sure: "user.logout_text", glyph: "out", done: "device.ended"}),
    change("user.unlock", "unlock"),
    now.email
      ? change("user.reset", "password-reset", {
          glyph: "mail",
          sure: "user.reset_text",
          done: "user.reset_done",
        })
      : null,
    now.mfa_enabled
      ? change("user.mfa_reset", "mfa/reset", {sure: "user.mfa_reset_text", kind: "danger"})
      : null,
    action(
      t("user.delete"),
      async () => {
        if (
          !(await confirm(t("user.delete"), about("user.delete_text", now, me), t("user.delete")))
        )
          return;
        if (!(await attempt(() => call("DELETE", base), t("user.deleted")))) return;
        if (now.id === me.id) await leave();
        else await go("/admin/users");
      },
      {kind: "danger"},
    ),
  );
}
