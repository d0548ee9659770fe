// The applications that the person has let in.

import {
  action,
  ago,
  attempt,
  call,
  confirm,
  day,
  get,
  h,
  icon,
  logoOf,
  path,
  replace,
  scopeTexts,
  segmentOf,
  t,
} from "./core.js";
import {accountPage, panel} from "./layout.js";

// Several grants of one application, from several browsers, are one line. The grants come with the
// last used first. An application that was allowed something stays a line when its grants have
// ended.
function byClient(grants, consents) {
  const found = new Map();
  for (const grant of grants) {
    const known = found.get(grant.client_id);
    if (!known) {
      found.set(grant.client_id, {...grant});
      continue;
    }
    known.scopes = [...new Set([...known.scopes, ...grant.scopes])];
    const isNew = (one) => !known.attributes.some(({label}) => label === one.label);
    known.attributes = [...known.attributes, ...grant.attributes.filter(isNew)];
    known.outlives_session ||= grant.outlives_session;
    if (grant.created_at < known.created_at) known.created_at = grant.created_at;
  }
  for (const consent of consents) {
    if (!found.has(consent.client_id)) found.set(consent.client_id, consent);
  }
  return [...found.values()];
}

// A tile for each application that lets this person in.
function portal(found) {
  return h(
    "ul",
    {class: "portal"},
    found.map((one) =>
      h(
        "li",
        {},
        h(
          "a",
          {href: one.launch_uri, target: "_blank", rel: "noopener noreferrer"},
          one.logo_uri ? logoOf(one.logo_uri, 40) : null,
          h("strong", {}, one.name),
          one.description ? h("span", {class: "soft"}, one.description) : null,
        ),
      ),
    ),
  );
}

// An application with access, and a button that ends it.
export const appRow = (one, end) =>
  h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, one.logo_uri ? logoOf(one.logo_uri, 40) : icon("app")),
    h(
      "div",
      {class: "item-text"},
      h("p", {class: "item-title"}, appName(one)),
      h(
        "p",
        {class: "soft"},
        [
          t("apps.since", {when: day(one.created_at)}),
          one.last_used ? t("device.used", {when: ago(one.last_used)}) : t("apps.unused"),
          one.outlives_session && t("apps.offline"),
        ]
          .filter(Boolean)
          .join(" · "),
      ),
      h("p", {class: "soft"}, t("apps.gets", {what: knowledgeOf(one).join("; ")})),
    ),
    action(t("apps.end"), end, {kind: "small", name: `${t("apps.end")}: ${one.client_name}`}),
  );

export async function apps() {
  const {apps: open} = await get("users/me/apps");
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const [{grants}, {consents}] = await Promise.all([
      get("users/me/grants"),
      get("users/me/consents"),
    ]);
    const found = byClient(grants, consents);
    replace(
      list,
      found.length === 0
        ? h("li", {class: "empty"}, t("apps.none"))
        : found.map((one) => appRow(one, () => end(one))),
    );
  };
  const end = async (one) => {
    const text = t("apps.end_text", {name: one.client_name});
    if (!(await confirm(t("apps.end"), text, t("apps.end")))) return;
    const withdraw = () => call("DELETE", path`users/me/consents/${segmentOf(one.client_id)}`);
    await attempt(withdraw, t("apps.ended"));
    await draw();
  };
  await draw();
  return accountPage(
    t("apps.title"),
    open.length > 0 ? panel(t("apps.open"), portal(open)) : null,
    panel(t("apps.access"), h("p", {class: "soft"}, t("apps.text")), list),
  );
}

// Every application knows who somebody is, and that it lasts is told beside the dates.
function knowledgeOf({scopes, attributes}) {
  const found = scopes.filter((one) => one !== "openid" && one !== "offline_access");
  return scopeTexts(found.length > 0 ? found : ["openid"], attributes);
}

const appName = (one) =>
  one.client_uri
    ? h("a", {href: one.client_uri, target: "_blank", rel: "noopener noreferrer"}, one.client_name)
    : one.client_name;
