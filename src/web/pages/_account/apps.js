// The applications that the person has let in.

import {action, ago, attempt, call, confirm, get, h, icon, path, replace, t} from "./core.js";
import {accountPage, panel} from "./layout.js";

// Several grants of one application, from several browsers, are one line.
function byClient(grants) {
  const found = new Map();
  for (const grant of grants) {
    const known = found.get(grant.client_id);
    if (known) known.ids.push(grant.id);
    else found.set(grant.client_id, {...grant, ids: [grant.id]});
  }
  return [...found.values()];
}

export async function apps() {
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const found = byClient((await get("users/me/grants")).grants);
    replace(
      list,
      found.length === 0 ? h("li", {class: "soft"}, t("apps.none")) : found.map((one) => row(one)),
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
  const row = (one) =>
    h(
      "li",
      {class: "item"},
      h("span", {class: "item-icon"}, icon("app")),
      h(
        "div",
        {class: "item-text"},
        h(
          "p",
          {class: "item-title"},
          one.client_uri ? h("a", {href: one.client_uri}, one.client_name) : one.client_name,
        ),
        h(
          "p",
          {class: "soft"},
          [t("device.used", {when: ago(one.last_used)}), one.outlives_session && t("apps.offline")]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      action(t("apps.end"), () => end(one), {
        kind: "small",
        name: `${t("apps.end")}: ${one.client_name}`,
      }),
    );
  await draw();
  return accountPage(
    t("apps.title"),
    panel(t("apps.title"), h("p", {class: "soft"}, t("apps.text")), list),
  );
}
