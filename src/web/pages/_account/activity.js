// What happened to the account, newest first.

import {get, h, icon, moment, replace, t} from "./core.js";
import {actionText, outcomeBadge} from "./events.js";
import {accountPage, panel} from "./layout.js";
import {pages} from "./pages.js";

const BY = {administrator: "activity.by_administrator", operator: "activity.by_operator"};

function eventRow(one) {
  const facts = [moment(one.created_at), one.target, one.address, BY[one.by] && t(BY[one.by])];
  return h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, icon(one.outcome === "ok" ? "list" : "alert")),
    h(
      "div",
      {class: "item-text"},
      h("p", {class: "item-title"}, actionText(one.action), outcomeBadge(one.outcome)),
      h("p", {class: "soft"}, facts.filter(Boolean).join(" · ")),
    ),
  );
}

export async function activity() {
  const rows = h("ul", {class: "items"});
  // The server looks at a part of the log at a time.
  const looked = h("p", {class: "soft", role: "status"});
  const list = {
    show: (found) =>
      replace(rows, found.length > 0 ? found : h("li", {class: "empty"}, t("nothing"))),
    append: (found) => rows.append(...found),
  };
  const {more, restart} = pages(list, async (before) => {
    const asked = new URLSearchParams({limit: "30"});
    if (before) asked.set("before", before);
    const found = await get(`users/me/activity?${asked}`);
    const has_more = found.next && found.looked_to;
    replace(looked, has_more ? t("activity.looked", {when: moment(found.looked_to)}) : null);
    return {rows: found.events.map(eventRow), next: found.next};
  });
  await restart();
  return accountPage(
    t("activity.title"),
    panel(null, h("p", {class: "soft"}, t("activity.text")), rows, looked, more),
  );
}
