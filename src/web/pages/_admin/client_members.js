// What can be set of a client (src/config/client_members.h), in the groups in which the page
// shows it. Each group is saved on its own, so members that only change together are in the same
// one: a private_key_jwt and the keys for it.

import {has, t} from "../_account/core.js";
import {choiceField, durationField, linesField, textField, ticksField} from "./fields.js";

const CODE = "authorization_code";
const REFRESH = "refresh_token";
const OWN = "client_credentials";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

// What the server allows together, in this order.
const GRANTS = [
  ["code_refresh", [CODE, REFRESH]],
  ["code", [CODE]],
  ["code_refresh_device", [CODE, REFRESH, DEVICE]],
  ["device_refresh", [DEVICE, REFRESH]],
  ["device", [DEVICE]],
  ["own", [OWN]],
  ["code_refresh_own", [CODE, REFRESH, OWN]],
  ["code_own", [CODE, OWN]],
  ["exchange", [EXCHANGE]],
  ["no", []],
];

export const MEMBER_GROUPS = [
  [
    "addresses",
    [
      {name: "grant_types", kind: "grants"},
      {name: "public", kind: "flag"},
      {name: "redirect_uris", kind: "lines"},
      {name: "post_logout_redirect_uris", kind: "lines"},
      {name: "backchannel_logout_uri", kind: "text", more: {inputmode: "url"}},
      {name: "pkce", kind: "choice", options: ["required", "optional"]},
    ],
  ],
  [
    "proof",
    [
      {
        name: "token_endpoint_auth_method",
        kind: "choice",
        options: ["", "client_secret_basic", "client_secret_post", "private_key_jwt"],
      },
      {name: "jwks", kind: "text", more: {type: "textarea", rows: 4, maxlength: 65536}},
      {name: "jwks_uri", kind: "text", more: {inputmode: "url"}},
      {name: "federated_identities", kind: "lines"},
      {name: "profile", kind: "choice", options: ["standard", "fapi2"]},
      {name: "require_pushed_authorization_requests", kind: "flag"},
      {name: "require_signed_request_object", kind: "flag"},
      {name: "dpop_bound_access_tokens", kind: "flag"},
    ],
  ],
  [
    "entry",
    [
      {name: "roles", kind: "roles"},
      {name: "consent", kind: "choice", options: ["ask", "skip"]},
      {name: "required_acr", kind: "choice", options: ["", "mfa", "phr"]},
      {name: "max_age", kind: "duration"},
      {name: "networks", kind: "lines"},
    ],
  ],
  [
    "tokens",
    [
      {name: "scopes", kind: "lines"},
      {name: "resources", kind: "resources"},
      {name: "audiences", kind: "lines"},
      {name: "replica", kind: "flag"},
      {name: "access_ttl", kind: "duration"},
      {name: "refresh_ttl", kind: "duration"},
      {name: "always_refresh", kind: "flag"},
      {
        name: "id_token_signed_response_alg",
        kind: "choice",
        options: ["", "ES256", "EdDSA"],
      },
    ],
  ],
  [
    "claims",
    [
      {name: "id_token_claims", kind: "flag"},
      {
        name: "userinfo_signed_response_alg",
        kind: "choice",
        options: ["", "RS256", "ES256", "EdDSA"],
      },
      {name: "subject_type", kind: "choice", options: ["public", "pairwise"]},
      {name: "sector_identifier_uri", kind: "text", more: {inputmode: "url"}},
      {name: "group_separator", kind: "text", more: {"data-exact": "yes"}},
      {name: "groups", kind: "lines"},
      {name: "group_names", kind: "lines"},
    ],
  ],
  [
    "about",
    [
      {name: "name", kind: "text", more: {required: true, maxlength: 100}},
      {name: "description", kind: "text", more: {type: "textarea", spellcheck: "true"}},
      {name: "client_uri", kind: "text", more: {inputmode: "url"}},
      {name: "initiate_login_uri", kind: "text", more: {inputmode: "url"}},
      {name: "policy_uri", kind: "text", more: {inputmode: "url"}},
      {name: "tos_uri", kind: "text", more: {inputmode: "url"}},
    ],
  ],
];

// The kinds that people tell apart, of which the server knows only the members.
export const CLIENT_KINDS = {
  application: {grant_types: [CODE, REFRESH], public: false},
  public: {grant_types: [CODE, REFRESH], public: true},
  program: {grant_types: [OWN], public: false},
  resource_server: {grant_types: [], public: false},
  bookmark: {grant_types: [], public: true},
};

export const signsIn = (client) =>
  client.grant_types.includes(CODE) || client.grant_types.includes(DEVICE);

export function clientKind(client) {
  if (signsIn(client)) return client.public ? "public" : "application";
  if (client.grant_types.includes(OWN)) return "program";
  return client.public ? "bookmark" : "resource_server";
}

export const rolesField = (roles, more) =>
  ticksField({
    name: "roles",
    label: t("client.roles"),
    options: roles.map(({name}) => [name, name]),
    all: t("client.roles.all"),
    some: t("client.roles.some"),
    ...more,
  });

const optionsOf = ({name, options}) =>
  options.map((one) => [one, t(`client.${name}.${one || "default"}`)]);

const FIELDS = {
  text: (common, {more}) => textField({...common, ...more}),
  lines: (common) => linesField(common),
  duration: (common) => durationField(common),
  choice: (common, member) => choiceField({...common, options: optionsOf(member)}),
  flag: (common, {name}) =>
    choiceField({
      ...common,
      options: ["false", "true"].map((one) => [one, t(`client.${name}.${one}`)]),
      write: (text) => text === "true",
    }),
  grants: (common) =>
    choiceField({
      ...common,
      options: GRANTS.map(([key]) => [key, t(`client.grant_types.${key}`)]),
      read: (list) => GRANTS.find(([, grants]) => isSameSet(grants, list))?.[0] ?? list.join(" "),
      write: (text) => GRANTS.find(([key]) => key === text)?.[1] ?? text.split(" "),
    }),
  roles: (common, member, {roles}) => rolesField(roles, common),
  resources: (common, member, {resources}) =>
    ticksField({
      ...common,
      options: resources.map(({identifier, name}) => [identifier, `${name} (${identifier})`]),
    }),
};

// `known` are the {roles, resources} that there are.
export function memberField(member, value, known) {
  const hint = `client.${member.name}.hint`;
  const common = {
    name: member.name,
    label: t(`client.${member.name}`),
    hint: has(hint) ? t(hint) : "",
    value,
  };
  return FIELDS[member.kind](common, member, known);
}

const isSameSet = (one, other) =>
  one.length === other.length && one.every((v) => other.includes(v));

// The order of a list says nothing, except to whoever has put it into that order.
const isSame = ({kind}, one, other) =>
  ["roles", "resources", "grants"].includes(kind)
    ? isSameSet(one, other)
    : JSON.stringify(one) === JSON.stringify(other);

// What a PATCH has to say.
export const changesOf = (members, values, now) =>
  Object.fromEntries(
    members
      .filter((member) => !isSame(member, values[member.name], now[member.name]))
      .map(({name}) => [name, values[name]]),
  );
