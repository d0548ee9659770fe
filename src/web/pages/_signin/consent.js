// What an application asks for, and the person's answer.

import {get, post, path} from "../_core/api.js";
import {h} from "../_core/dom.js";
import {action} from "../_core/form.js";
import {fullName} from "../_core/frame.js";
import {message} from "../_core/notice.js";
import {card, logoOf} from "../_core/router.js";
import {has, t} from "../_core/text.js";

// Who they are stands first, and for how long last.
const PLACES = ["openid", "profile", "email", "phone", "address", "groups"];
const place = (scope) => {
  if (scope === "offline_access") return PLACES.length + 1;
  const found = PLACES.indexOf(scope);
  return found < 0 ? PLACES.length : found;
};

// The scopes in words, in the order in which people read them, then the attributes that come with
// them. A scope that has only attributes is said by these.
export function scopeTexts(scopes, attributes = []) {
  const texts = [...scopes]
    .sort((one, other) => place(one) - place(other))
    .filter((scope) => has(`scope.${scope}`) || !attributes.some((one) => one.scope === scope))
    .map((scope) => (has(`scope.${scope}`) ? t(`scope.${scope}`) : t("scope.other", {scope})));
  const labels = attributes.map(({label}) => label).join(", ");
  return labels ? [...texts, t("scope.attributes", {labels})] : texts;
}

// What an application gets to know, and may use.
export function asked({scopes, attributes, resources}) {
  return h(
    "ul",
    {class: "points"},
    scopeTexts(scopes, attributes).map((text) => h("li", {}, text)),
    resources.map(({name, identifier}) =>
      h("li", {}, t("consent.resource", {name: name || identifier})),
    ),
  );
}

// Links to what the application says about itself.
export const documentsOf = (client) =>
  [
    [client.client_uri, "consent.home"],
    [client.policy_uri, "consent.policy"],
    [client.tos_uri, "consent.terms"],
  ]
    .filter(([href]) => href)
    .map(([href, key]) =>
      h("li", {}, h("a", {href, target: "_blank", rel: "noopener noreferrer"}, t(key))),
    );

// As whom the person is signed in.
export const accountOf = (user) =>
  [fullName(user), user.email].filter((one, i, all) => one && all.indexOf(one) === i).join(" · ");

export async function consent({query, user}) {
  const request = query.get("request") ?? "";
  const address = path`oauth/requests/${request}`;
  let found;
  try {
    found = await get(address);
  } catch (error) {
    if (error.code !== "request_expired" && error.status !== 404) throw error;
    return card("app", t("consent.short"), message("bad", t("error.request_expired")));
  }
  const {client, redirect_origin: origin} = found;
  const problem = h("div", {class: "problem"});
  const answer = (decision) => async () => {
    problem.replaceChildren();
    try {
      location.assign((await post(address, {decision})).redirect_to);
    } catch (error) {
      problem.replaceChildren(message("bad", error.message));
    }
  };
  // The server allows this address only in a page that it has made for it, hence the target: with
  // it, the link loads the page.
  const back = encodeURIComponent(`/oauth2/authorize/${request}`);
  const other = {href: `/signin?return_to=${back}&again=1`, target: "_self"};
  const name = fullName(user);
  const documents = documentsOf(client);
  return card(
    client.logo_uri ? logoOf(client.logo_uri) : "app",
    t("consent.title", {name: client.name}),
    client.description ? h("p", {class: "lead"}, client.description) : null,
    h("p", {}, t("consent.as", {account: accountOf(user)})),
    h(
      "p",
      {},
      h("a", {...other, class: found.selects_account ? "button wide" : null}, t("consent.switch")),
    ),
    found.is_stranger ? message("info", t("consent.stranger", {name: client.name, origin})) : null,
    found.is_unprovable ? message("info", t("consent.unprovable", {name: client.name})) : null,
    h("p", {}, t("consent.gets")),
    asked(found),
    problem,
    h(
      "div",
      {class: "actions"},
      action(
        found.selects_account ? t("consent.allow_as", {name}) : t("consent.allow"),
        answer("allow"),
        {kind: "primary"},
      ),
      action(t("consent.deny"), answer("deny")),
    ),
    h("p", {class: "soft"}, t("consent.goes_to", {origin})),
    found.document_host
      ? h("p", {class: "soft"}, t("consent.document", {host: found.document_host}))
      : null,
    documents.length > 0 ? h("ul", {class: "others"}, documents) : null,
  );
}
