// What an application asks for, and the person's answer.

import {get, post, path} from "../_core/api.js";
import {h} from "../_core/dom.js";
import {action} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {card} from "../_core/router.js";
import {has, t} from "../_core/text.js";

const scopeText = (scope) =>
  has(`scope.${scope}`) ? t(`scope.${scope}`) : t("scope.other", {scope});

function external(href, label) {
  return href ? h("a", {href, target: "_blank", rel: "noopener noreferrer"}, label) : null;
}

function asked({scopes, resources}) {
  return h(
    "ul",
    {class: "plain"},
    // Who they are stands first in any case.
    scopes.map((scope) => h("li", {}, scopeText(scope))),
    resources.map(({name, identifier}) =>
      h("li", {}, t("consent.resource", {name: name || identifier})),
    ),
  );
}

export async function consent({query, user}) {
  const request = query.get("request") ?? "";
  const address = path`oauth/requests/${request}`;
  let found;
  try {
    found = await get(address);
  } catch (error) {
    if (error.code !== "request_expired") throw error;
    return card("app", t("apps.title"), message("bad", t("consent.gone")));
  }
  const {client, redirect_origin: origin} = found;
  const problem = h("div");
  const answer = (decision) => async () => {
    problem.replaceChildren();
    try {
      location.assign((await post(address, {decision})).redirect_to);
    } catch (error) {
      problem.replaceChildren(message("bad", error.message));
    }
  };
  const back = encodeURIComponent(`/oauth2/authorize/${request}`);
  const documents = [
    external(client.policy_uri, t("consent.policy")),
    external(client.tos_uri, t("consent.terms")),
  ].filter(Boolean);
  return card(
    "app",
    t("consent.title", {name: client.name}),
    client.description ? h("p", {class: "lead"}, client.description) : null,
    h(
      "p",
      {},
      t("consent.as", {account: user.username ?? user.email}),
      " ",
      h("a", {href: `/signin?return_to=${back}&again=1`}, t("consent.switch")),
    ),
    found.is_unprovable ? message("info", t("consent.unprovable", {name: client.name})) : null,
    h("p", {}, t("consent.gets")),
    asked(found),
    problem,
    h(
      "div",
      {class: "actions"},
      action(t("consent.allow"), answer("allow"), {kind: "primary"}),
      action(t("consent.deny"), answer("deny")),
    ),
    h("p", {class: "soft"}, t("consent.goes_to", {origin})),
    documents.length > 0
      ? h(
          "p",
          {class: "soft"},
          documents.flatMap((one, i) => (i ? [" · ", one] : [one])),
        )
      : null,
  );
}
