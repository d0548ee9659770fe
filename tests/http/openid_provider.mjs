// A real OpenID provider for openid.py: node openid_provider.mjs FOLDER REDIRECT_URI…
// FOLDER holds node_modules/oidc-provider. Prints the port that it listens on. Anybody may log in
// there as whom they say; "<name>" has the email <name>@example.org, verified unless the name
// begins with "unverified".
import {createServer} from "node:http";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {generateKeyPairSync} from "node:crypto";

const [folder, ...redirectUris] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const {default: Provider} = await import(pathToFileURL(require.resolve("oidc-provider")));

const key = (kid, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({format: "jwk"}),
  kid,
  use: "sig",
});

const client = (id, more) => ({
  client_id: id,
  client_secret: "a secret & more",
  redirect_uris: redirectUris,
  grant_types: ["authorization_code"],
  response_types: ["code"],
  ...more,
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const {port} = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      client("by-rs256"),
      client("by-es256", {
        id_token_signed_response_alg: "ES256",
        token_endpoint_auth_method: "client_secret_post",
      }),
      client("by-eddsa", {
        id_token_signed_response_alg: "EdDSA",
        token_endpoint_auth_method: "none",
        client_secret: undefined,
      }),
    ],
    jwks: {
      keys: [
        key("rsa", "rsa", {modulusLength: 2048}),
        key("ec", "ec", {namedCurve: "P-256"}),
        key("ed", "ed25519"),
      ],
    },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["given_name", "family_name"],
    },
    // The email stands in the ID token for one half of the runs, and at the userinfo endpoint alone
    // (the standard's way) for the other.
    conformIdTokenClaims: process.env.CONFORM !== "no",
    pkce: {required: () => true},
    cookies: {keys: ["for a test alone"]},
    enabledJWA: {idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA"]},
    features: {devInteractions: {enabled: true}},
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@example.org`,
        email_verified: !sub.startsWith("unverified"),
        given_name: "Given",
        family_name: "Family",
      }),
    }),
  });
  server.on("request", provider.callback());
  console.log(port);
});
