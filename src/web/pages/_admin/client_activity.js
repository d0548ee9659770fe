// What was refused to a client lately, and whether it uses PKCE.

import {ago, get, h, t} from "../_account/core.js";
import {table} from "./layout.js";

// `base` is the address of the client.
export async function activityOf(base) {
  const {uses_pkce, refusals} = await get(`${base}/activity`);
  const list = table(t("seen.refused"), ["seen.error", "seen.where", "audit.when"], {
    empty: t("seen.none"),
  });
  list.show(refusals.map(refusalRow));
  return [
    h("h2", {}, t("seen.refused")),
    uses_pkce === null ? null : h("p", {}, t(uses_pkce ? "seen.pkce" : "seen.no_pkce")),
    h("p", {class: "soft"}, t("seen.text")),
    list.element,
  ];
}

const refusalRow = ({at, path, error, message, request_id}) => [
  [
    h("code", {}, error),
    h("small", {class: "soft", lang: "en"}, message),
    h("small", {class: "soft"}, t("seen.request", {id: request_id})),
  ],
  path ? h("code", {}, path) : t("seen.authentication"),
  ago(at),
];
