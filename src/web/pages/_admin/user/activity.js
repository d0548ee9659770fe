// The tab "Activity" of an account: what it did, and what was done to it.

import {get, h, t} from "../../_account/core.js";
import {panel} from "../../_account/layout.js";
import {pages} from "../../_account/pages.js";
import {auditTable} from "../audit.js";

export async function activityTab({now}) {
  const list = auditTable();
  const {more, restart} = pages(list, async (before) => {
    const asked = new URLSearchParams({user: String(now.id), limit: "25"});
    if (before) asked.set("before", String(before));
    const found = await get(`admin/audit?${asked}`);
    return {rows: found.entries, next: found.next};
  });
  await restart();
  return panel(
    t("activity.title"),
    list.element,
    more,
    h("p", {}, h("a", {href: `/admin/audit?user=${now.id}`}, t("audit.title"))),
  );
}
