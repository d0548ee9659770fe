// Clients: applications, programs, servers that check tokens, and links.

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
  segmentOf,
  showOnce,
  t,
  withProof,
} from "../_account/core.js";
import {CLIENT_KINDS, clientKind, rolesField, signsIn} from "./client_members.js";
import {discovered} from "./client_addresses.js";
import {showApplication, templateFields} from "./client_templates.js";
import {linesField, textField} from "./fields.js";
import {adminPage, none, searchBox, table} from "./layout.js";
import {registrationTokens} from "./registration_tokens.js";

export const clientState = (one) => [
  h("span", {class: "badge"}, t(`client.kind.${clientKind(one)}`)),
  one.disabled ? h("span", {class: "badge bad"}, t("client.disabled")) : null,
];

const clientRow = (one) => [
  h("a", {href: `/admin/clients/${segmentOf(one.client_id)}`, class: "who-cell"}, one.name),
  h("code", {}, one.client_id),
  h("span", {class: "badges"}, clientState(one)),
  one.last_used ? ago(one.last_used) : none(),
];

export async function clients() {
  const [{clients: all}, registration] = await Promise.all([
    get("admin/clients"),
    registrationTokens(),
  ]);
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
    registration,
  );
}

async function addClient() {
  const [{roles}, {templates}, addresses] = await Promise.all([
    get("admin/roles"),
    get("admin/client-templates"),
    discovered(),
  ]);
  const made = await dialog(t("clients.add"), (close) => clientForm(roles, templates, close));
  if (!made) return;
  if (made.application) await showApplication(made);
  else if (clientKind(made) !== "bookmark") await showClient(made, addresses);
  await go(`/admin/clients/${segmentOf(made.client_id)}`);
}

async function showClient(made, addresses) {
  const shown = [[t("client.id"), made.client_id]];
  if (made.client_secret) shown.push([t("client.secret"), made.client_secret]);
  if (addresses) shown.push([t("address.discovery"), addresses.discovery]);
  await showOnce(made.name, t(made.client_secret ? "clients.secret_once" : "clients.made"), shown);
}

function clientForm(roles, templates, close) {
  const {choice, url, chosen} = templateFields(templates);
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
  const home = textField({
    name: "client_uri",
    label: t("client.client_uri"),
    required: true,
    inputmode: "url",
  });
  const some = [url, home, redirects, entry, consent];
  // Those of them that clients of the chosen kind need.
  const needed = () => {
    if (chosen()) return chosen().url ? [url, entry] : [entry];
    if (kind.input.value === "bookmark") return [home, entry];
    return signsIn(CLIENT_KINDS[kind.input.value]) ? [redirects, entry, consent] : [];
  };
  const follow = () => {
    for (const one of some) one.box.hidden = !needed().includes(one);
    kind.box.hidden = Boolean(chosen());
  };
  let suggested = "";
  choice.input.addEventListener("change", () => {
    if (name.value() === suggested) name.show((suggested = chosen()?.name ?? ""));
    follow();
  });
  kind.input.addEventListener("change", follow);
  follow();
  for (const one of [home, entry]) {
    const {verify} = one;
    one.verify = () => !needed().includes(one) || verify();
  }
  return form({
    fields: [choice, name, kind, ...some],
    submit: t("clients.add"),
    send: async (values) => {
      const asked = {
        name: values.name,
        ...(chosen() ? {template: values.template} : CLIENT_KINDS[values.kind]),
      };
      for (const one of needed()) asked[one.name] = values[one.name];
      const added = await withProof(() => post("admin/clients", asked));
      if (added) close(added);
    },
  });
}
