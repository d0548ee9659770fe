// The npm package oidc-provider as a peer of the bench (peers.py): everything in memory.
// node oidc_provider.mjs FOLDER PORT SECRET COUNT FILE
// FOLDER holds node_modules/oidc-provider. Makes COUNT codes for each client that signs people in,
// writes them into FILE by client, and then listens.
import {generateKeyPairSync} from "node:crypto";
import {writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";

const [folder, port, secret, count, file] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const {default: Provider} = await import(pathToFileURL(require.resolve("oidc-provider")));

const callback = "https://bench.example/callback";
const scope = "openid profile email offline_access";

// Its own adapter for memory forgets all but 1,000 things.
const kept = new Map();
class Memory {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  async upsert(id, payload) {
    kept.set(this.key(id), payload);
  }
  async find(id) {
    return kept.get(this.key(id));
  }
  async findByUid() {}
  async findByUserCode() {}
  async consume(id) {
    kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    kept.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const [key, payload] of kept) if (payload.grantId === grantId) kept.delete(key);
  }
}

const key = (kid, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({format: "jwk"}),
  kid,
  use: "sig",
});

const client = (algorithm) => ({
  client_id: `bench_${algorithm.toLowerCase()}`,
  client_secret: secret,
  redirect_uris: [callback],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  id_token_signed_response_alg: algorithm,
});
const people = [client("ES256"), client("RS256")];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: Memory,
  clients: [
    ...people,
    {
      client_id: "job",
      client_secret: secret,
      redirect_uris: [],
      grant_types: ["client_credentials"],
      response_types: [],
    },
  ],
  jwks: {
    keys: [key("rsa", "rsa", {modulusLength: 2048}), key("ec", "ec", {namedCurve: "P-256"})],
  },
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["preferred_username"],
  },
  pkce: {required: () => false},
  cookies: {keys: ["for a bench alone"]},
  enabledJWA: {idTokenSigningAlgValues: ["RS256", "ES256"]},
  rotateRefreshToken: true,
  features: {
    devInteractions: {enabled: false},
    introspection: {enabled: true},
    clientCredentials: {enabled: true},
  },
  ttl: {AuthorizationCode: 600},
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      email: `${sub}@example.org`,
      email_verified: true,
      preferred_username: sub,
    }),
  }),
});

const codes = {};
for (const {client_id: id} of people) {
  codes[id] = [];
  const made = await provider.Client.find(id);
  for (let i = 0; i < Number(count); ++i) {
    const accountId = `user${i}`;
    const grant = new provider.Grant({accountId, clientId: id});
    grant.addOIDCScope(scope);
    const grantId = await grant.save();
    const code = new provider.AuthorizationCode({
      accountId,
      acr: "1fa",
      authTime: Math.floor(Date.now() / 1000),
      client: made,
      expiresWithSession: false,
      grantId,
      redirectUri: callback,
      scope,
    });
    codes[id].push(await code.save());
  }
}
writeFileSync(file, JSON.stringify(codes));
provider.listen(Number(port), "127.0.0.1");
