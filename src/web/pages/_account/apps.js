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
  path,
  replace,
  scopeTexts,
  t,
} from "./core.js";
import {accountPage, panel} from "./layout.js";

// Several grants of one application, from several browsers, are one line. The grants come with the
// last used first.
function byClient(grants) {
  const found = new Map();
  for (const grant of grants) {
    const known = found.get(grant.client_id);
    if (!known) {
      found.set(grant.client_id, {...grant, ids: [grant.id]});
      continue;
    }
    known.ids.push(grant.id);
    known.scopes = [...new Set([...known.scopes, ...grant.scopes])];
    known.outlives_session ||= grant.outlives_session;
    if (grant.created_at < known.created_at) known.created_at = grant.created_at;
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
          {href: one.client_uri, target: "_blank", rel: "noopener noreferrer"},
          h("strong", {}, one.name),
          one.description ? h("span", {class: "soft"}, one.description) : null,
        ),
      ),
    ),
  );
}

export async function apps() {
  const {apps: open} = await get("users/me/apps");
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const found = byClient((await get("users/me/grants")).grants);
    replace(
      list,
      found.length === 0 ? h("li", {class: "empty"}, t("apps.none")) : found.map(appRow),
    );
  };
  const end = async (one) => {
    const text = t("apps.end_text", {name: one.client_name});
    if (!(await confirm(t("apps.end"), text, t("apps.end")))) return;
    const endAll = async () => {
      for (const id of one.ids) await call("DELETE", path`users/me/grants/${id}`);
    };
    await attempt(endAll, t("apps.ended"));
    await draw();
  };
  const appRow = (one) =>
    h(
      "li",
      {class: "item"},
      h("span", {class: "item-icon"}, icon("app")),
      h(
        "div",
        {class: "item-text"},
        h("p", {class: "item-title"}, appName(one)),
        h(
          "p",
          {class: "soft"},
          [
            t("apps.since", {when: day(one.created_at)}),
            t("device.used", {when: ago(one.last_used)}),
            one.outlives_session && t("apps.offline"),
          ]
            .filter(Boolean)
            .join(" · "),
        ),
        h("p", {class: "soft"}, t("apps.gets", {what: scopeTexts(knowledgeOf(one)).join("; ")})),
      ),
      action(t("apps.end"), () => end(one), {
        kind: "small",
        name: `${t("apps.end")}: ${one.client_name}`,
      }),
    );
  await draw();
  return accountPage(
    t("apps.title"),
    open.length > 0 ? panel(t("apps.open"), portal(open)) : null,
    panel(t("apps.access"), h("p", {class: "soft"}, t("apps.text")), list),
  );
}

// Every application knows who somebody is, and that it lasts is told beside the dates.
function knowledgeOf({scopes}) {
  const found = scopes.filter((one) => one !== "openid" && one !== "offline_access");
  return found.length > 0 ? found : ["openid"];
}

const appName = (one) =>
  one.client_uri
    ? h("a", {href: one.client_uri, target: "_blank", rel: "noopener noreferrer"}, one.client_name)
    : one.client_name;
