// The addresses that an application has to be given, as the server publishes them.

import {get, h, secretBox, t} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {clientKind} from "./client_members.js";

const DISCOVERY = "/.well-known/openid-configuration";

// null while the server is no provider.
export async function discovered() {
  try {
    const found = await get(DISCOVERY);
    return {...found, discovery: found.issuer.replace(/\/$/, "") + DISCOVERY};
  } catch (error) {
    if (error.status !== 404) throw error;
    return null;
  }
}

const OF_PEOPLE = [
  "discovery",
  "issuer",
  "authorization_endpoint",
  "token_endpoint",
  "userinfo_endpoint",
  "end_session_endpoint",
];
const NEEDED = {
  application: OF_PEOPLE,
  public: OF_PEOPLE,
  program: ["discovery", "issuer", "token_endpoint"],
  resource_server: ["discovery", "issuer", "jwks_uri", "introspection_endpoint"],
  bookmark: [],
};

// null for a client that is given none.
export function addressPanel(client, addresses) {
  const needed = NEEDED[clientKind(client)];
  if (needed.length === 0) return null;
  return panel(
    t("client.addresses"),
    h("p", {class: "soft"}, t(addresses ? "client.addresses_text" : "client.no_provider")),
    addresses
      ? h(
          "div",
          {class: "addresses"},
          needed.map((name) =>
            h(
              "div",
              {},
              h("p", {class: "label"}, t(`address.${name}`)),
              secretBox(addresses[name], t(`address.${name}`)),
            ),
          ),
        )
      : null,
  );
}
