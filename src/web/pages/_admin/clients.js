// Clients: applications, programs, and servers that check tokens.

import {
  action,
  ago,
  dialog,
  field,
  form,
  get,
  go,
  h,
  post,
  showOnce,
  t,
  withProof,
} from "../_account/core.js";
import {CLIENT_KINDS, clientKind, rolesField} from "./client_members.js";
import {discovered} from "./client_addresses.js";
import {linesField, textField} from "./fields.js";
import {adminPage, none, searchBox, table} from "./layout.js";

export const clientState = (one) => [
  h("span", {class: "badge"}, t(`client.kind.${clientKind(one)}`)),
  one.disabled ? h("span", {class: "badge bad"}, t("client.disabled")) : null,
];

const clientRow = (one) => [
  h("a", {href: `/admin/clients/${one.client_id}`, class: "who-cell"}, one.name),
  h("code", {}, one.client_id),
  h("span", {class: "badges"}, clientState(one)),
  one.last_used ? ago(one.last_used) : none(),
];

export async function clients() {
  const {clients: all} = await get("admin/clients");
  all.sort((one, other) => one.name.localeCompare(other.name));
  const list = table(t("clients.title"), ["client", "client.id", "client.kind", "client.used"], {
    kind: "clients",
    empty: t("clients.none"),
  });
  const draw = (wanted) =>
    list.show(
      all
        .filter((one) => `${one.name} ${one.client_id}`.toLowerCase().includes(wanted))
        .map(clientRow),
    );
  draw("");
  return adminPage(
    t("clients.title"),
    h("p", {class: "soft"}, t("clients.text")),
    h(
      "div",
      {class: "toolbar"},
      searchBox(t("clients.search"), (text) => draw(text.toLowerCase())),
      action(t("clients.add"), addClient, {kind: "primary", glyph: "app"}),
    ),
    list.element,
  );
}

async function addClient() {
  const [{roles}, addresses] = await Promise.all([get("admin/roles"), discovered()]);
  const made = await dialog(t("clients.add"), (close) => clientForm(roles, close));
  if (!made) return;
  const shown = [[t("client.id"), made.client_id]];
  if (made.client_secret) shown.push([t("client.secret"), made.client_secret]);
  if (addresses) shown.push([t("address.discovery"), addresses.discovery]);
  await showOnce(made.name, t(made.client_secret ? "clients.secret_once" : "clients.made"), shown);
  await go(`/admin/clients/${made.client_id}`);
}

function clientForm(roles, close) {
  const name = textField({name: "name", label: t("client.name"), required: true, maxlength: 100});
  const kind = field({
    name: "kind",
    label: t("client.kind"),
    options: Object.keys(CLIENT_KINDS).map((one) => [one, t(`client.kind_about.${one}`)]),
  });
  const redirects = linesField({
    name: "redirect_uris",
    label: t("client.redirect_uris"),
    hint: t("client.redirect_uris.hint"),
  });
  const entry = rolesField(roles);
  const consent = field({
    name: "consent",
    label: t("client.consent"),
    hint: t("client.consent.hint"),
    options: ["ask", "skip"].map((one) => [one, t(`client.consent.${one}`)]),
  });
  // What only those need that sign people in.
  const of_people = [redirects, entry, consent];
  const signs = () => CLIENT_KINDS[kind.input.value].grant_types.includes("authorization_code");
  const follow = () => {
    for (const one of of_people) one.box.hidden = !signs();
  };
  kind.input.addEventListener("change", follow);
  follow();
  const verify = entry.verify;
  entry.verify = () => !signs() || verify();
  return form({
    fields: [name, kind, ...of_people],
    submit: t("clients.add"),
    send: async (values) => {
      const asked = {name: values.name, ...CLIENT_KINDS[values.kind]};
      if (signs()) for (const one of of_people) asked[one.name] = values[one.name];
      const added = await withProof(() => post("admin/clients", asked));
      if (added) close(added);
    },
  });
}
