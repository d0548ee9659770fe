// One client, with everything that can be set of it.

import {
  action,
  ago,
  attempt,
  call,
  confirm,
  form,
  get,
  h,
  icon,
  logoOf,
  message,
  moment,
  notice,
  path,
  replace,
  secretBox,
  t,
  withProof,
} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {pictureChoice} from "../_account/picture.js";
import {activityOf} from "./client_activity.js";
import {addressPanel, discovered} from "./client_addresses.js";
import {logoutList} from "./client_logouts.js";
import {changesOf, MEMBER_GROUPS, memberField} from "./client_members.js";
import {previewPanel} from "./client_preview.js";
import {secretList} from "./client_secrets.js";
import {clientState} from "./clients.js";
import {deleteByName} from "./deletion.js";
import {adminPageAt} from "./layout.js";

export async function client({id}) {
  const base = path`admin/clients/${id}`;
  const [found, {roles}, {resources}, addresses] = await Promise.all([
    get(base),
    get("admin/roles"),
    get("admin/resources"),
    discovered(),
  ]);
  const known = {roles, resources};
  const name = h("span", {});
  const head = h("section", {class: "panel"});
  const needed = h("div", {class: "content"});
  const secrets = panel(null);
  const preview = panel(null);
  const previewed = previewPanel(base, addresses);
  const told = panel(null, await logoutList(base, found));
  told.hidden = told.childElementCount === 0;
  const seen = panel(null, await activityOf(base));
  const ending = panel(null);
  // What the forms compare with, and the fields of all of them.
  const state = {now: found, fields: []};
  const draw = (now) => {
    state.now = now;
    replace(name, now.name);
    replace(head, clientSummary(base, now, draw));
    replace(needed, addressPanel(now, addresses));
    secrets.hidden = now.public;
    replace(secrets, secretList(base, now, reload));
    replace(preview, previewed(now));
    preview.hidden = preview.childElementCount === 0;
    ending.hidden = now.configured && now.disabled;
    replace(ending, clientEndings(base, now, draw));
  };
  const reload = async () => draw(await get(base));
  draw(found);
  return adminPageAt(
    "/admin/clients",
    name,
    h(
      "p",
      {class: "back"},
      h("a", {href: "/admin/clients"}, icon("arrow", 16), t("clients.title")),
    ),
    head,
    needed,
    MEMBER_GROUPS.map(([group, members]) =>
      panel(
        t(`client.group.${group}`),
        isElsewhere(found)
          ? shownMembers(members, known, found)
          : memberForm(base, members, known, state, draw),
      ),
    ),
    secrets,
    preview,
    seen,
    told,
    ending,
  );
}

// With a token or without one, it has registered itself.
const originOf = (now) => (now.origin === "document" ? "document" : "registered");
// Whether only the configuration, or the document at its address, says what the client is.
const isElsewhere = (now) => now.configured || now.origin === "document";

const shownLogo = (now) => (now.logo_uri ? logoOf(now.logo_uri, 96) : null);

function logoChoice(base, now, draw) {
  const change = async (run) => {
    const is_done = await attempt(run, t("saved"));
    if (is_done) draw(await get(base));
    return is_done;
  };
  return pictureChoice(
    shownLogo(now) ?? h("span", {class: "portrait", "data-size": 96}, icon("app", 40)),
    now.logo_uri,
    (blob) => change(() => call("PUT", `${base}/logo`, blob)),
    () => change(() => call("DELETE", `${base}/logo`)),
  );
}

function clientSummary(base, now, draw) {
  return [
    h("p", {class: "badges"}, clientState(now)),
    h(
      "div",
      {},
      h("p", {class: "label"}, t("client.id")),
      secretBox(now.client_id, t("client.id")),
    ),
    h(
      "p",
      {class: "soft"},
      t("client.times", {
        created: moment(now.created_at),
        changed: moment(now.updated_at),
        used: ago(now.last_used),
      }),
    ),
    isElsewhere(now) ? shownLogo(now) : logoChoice(base, now, draw),
    now.configured ? message("info", t("client.configured", {id: now.client_id})) : null,
    now.origin ? message("info", t(`client.origin.${originOf(now)}`)) : null,
    now.warnings.map((text) => message("info", text)),
  ];
}

// Of a client that is declared elsewhere.
function shownMembers(members, known, now) {
  const fields = members.map((member) => memberField(member, now[member.name], known));
  for (const one of fields) one.input.disabled = true;
  return h(
    "form",
    {class: "grid members"},
    fields.map((one) => one.box),
  );
}

function memberForm(base, members, known, state, draw) {
  const fields = members.map((member) => memberField(member, state.now[member.name], known));
  state.fields.push(...fields);
  // The server looks at the client as a whole, so what is wrong may be in another form.
  const patch = async (changes) => {
    try {
      return await withProof(() => call("PATCH", base, changes));
    } catch (error) {
      const at = state.fields.find((one) => one.name === error.field);
      if (at && !fields.includes(at)) {
        at.complain(error.message);
        at.input.focus();
      }
      throw error;
    }
  };
  return form({
    kind: "grid members",
    fields,
    submit: t("save"),
    send: async (values) => {
      const changes = changesOf(members, values, state.now);
      if (Object.keys(changes).length === 0) return notice(t("client.unchanged"));
      if (changes.public && state.now.secrets.length > 0) {
        const label = t("client.forget_secrets");
        if (!(await confirm(label, t("client.forget_secrets_text"), label))) return;
      }
      const changed = await patch(changes);
      if (!changed) return;
      // Such as "60s" as the server writes it.
      for (const one of fields) one.show(changed[one.name]);
      draw(changed);
      notice(t("saved"));
    },
  });
}

const endingRow = (text, button) =>
  h("li", {class: "item"}, h("div", {class: "item-text"}, h("p", {class: "soft"}, text)), button);

function clientEndings(base, now, draw) {
  const toggle = (label, disabled, {sure = "", kind = ""} = {}) =>
    action(
      t(label),
      async () => {
        if (sure && !(await confirm(t(label), sure, t(label)))) return;
        const changed = await attempt(() => call("PATCH", base, {disabled}), t("saved"));
        if (changed) draw(changed);
      },
      {kind: `small ${kind}`},
    );
  const words = {title: "clients.delete", text: "clients.delete_text", done: "deleted"};
  const remove = () => deleteByName(base, now.name, now.name.trim(), words, "/admin/clients");
  const sure = t("client.disable_text", {name: now.name});
  return [
    h("h2", {}, t("user.ending")),
    h(
      "ul",
      {class: "items"},
      now.disabled
        ? endingRow(t("client.enable_text", {name: now.name}), toggle("client.enable", false))
        : endingRow(sure, toggle("client.disable", true, {sure, kind: "danger"})),
      now.configured
        ? null
        : endingRow(
            t("clients.delete_text", {name: now.name}),
            action(t("clients.delete"), remove, {kind: "small danger"}),
          ),
    ),
  ];
}
