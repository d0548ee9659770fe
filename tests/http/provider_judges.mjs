// Client libraries that other people wrote, against a running authd (provider_judges_test.py):
// node provider_judges.mjs FLOW, with the world in $WORLD. Fails with the reason.
import {strict as assert} from "node:assert";
import {webcrypto} from "node:crypto";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {Person} from "./judges_person.mjs";
import * as apps from "./provider_judges_apps.mjs";

globalThis.crypto ??= webcrypto; // The libraries expect it, and node 18 has it elsewhere.
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const world = JSON.parse(process.env.WORLD);
const require = createRequire(pathToFileURL(`${world.packages}/`));
const library = async (name) => {
  const path = require.resolve.paths(name)[0];
  const {exports, main} = require(`${path}/${name}/package.json`);
  const entry = exports?.["."];
  return import(pathToFileURL(`${path}/${name}/${entry?.default ?? entry ?? main}`));
};

const SCOPE = "openid profile email";
const person = () => new Person(world);
const redirect = world.redirect;

// What has to be true of every person's ID token and of the answer of userinfo.
function knowsAnn(claims, about) {
  assert.equal(claims.iss, world.issuer);
  assert.equal(claims.sub, world.subject);
  assert.equal(about.sub, world.subject);
  assert.equal(about.preferred_username, "ann");
  assert.equal(about.name, "Ann Lee");
  assert.equal(about.email, "ann@example.org");
  assert.equal(about.email_verified, false);
}

// openid-client for one of the clients. It checks the signature of every ID token.
async function openidClient({id, secret, method, metadata = {}}) {
  const oidc = await library("openid-client");
  const ways = {
    client_secret_basic: () => oidc.ClientSecretBasic(secret),
    client_secret_post: () => oidc.ClientSecretPost(secret),
    none: () => oidc.None(),
  };
  const fetched = [];
  const config = await oidc.discovery(new URL(world.issuer), id, metadata, ways[method](), {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
    [oidc.customFetch]: (url, options) => {
      fetched.push(new URL(url).pathname);
      return fetch(url, options);
    },
  });

  async function signIn(who, more = {}, checks = {}, tokenParameters = {}) {
    const verifier = oidc.randomPKCECodeVerifier();
    const sent = {
      redirect_uri: redirect,
      scope: SCOPE,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...more,
    };
    const {url} = await who.visit(oidc.buildAuthorizationUrl(config, sent), {end: redirect});
    return oidc.authorizationCodeGrant(
      config,
      url,
      {
        pkceCodeVerifier: verifier,
        expectedState: sent.state,
        expectedNonce: sent.nonce,
        idTokenExpected: true,
        ...checks,
      },
      tokenParameters,
    );
  }
  return {oidc, config, signIn, fetched};
}

// For assert.rejects: an error of OAuth in the body, in the redirect, or in WWW-Authenticate.
const isError = (status, error) => (thrown) => {
  assert.equal(thrown.error, error, thrown.stack);
  assert.equal(thrown.status, status);
  return true;
};
const isRefusal = (error) => (thrown) => {
  assert.equal(thrown.error, error, thrown.stack);
  return true;
};
const isChallenge = (error) => (thrown) => {
  assert.equal(thrown.status, 401, thrown.stack);
  assert.equal(thrown.cause[0].scheme, "bearer");
  assert.equal(thrown.cause[0].parameters.error, error);
  return true;
};

const flows = {
  async openid_client_signs_in() {
    const {oidc, config, signIn, fetched} = await openidClient(world.client);
    const server = config.serverMetadata();
    assert.equal(server.issuer, world.issuer);
    assert.ok(server.supportsPKCE());
    assert.equal(server.authorization_response_iss_parameter_supported, true);
    const tokens = await signIn(person());
    assert.ok(fetched.includes("/.well-known/jwks.json"), "the signature was not checked");
    assert.equal(tokens.scope, SCOPE);
    const about = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    knowsAnn(tokens.claims(), about);
    const head = JSON.parse(Buffer.from(tokens.id_token.split(".")[0], "base64url"));
    assert.equal(head.alg, world.client.metadata?.id_token_signed_response_alg ?? "RS256");
  },

  async openid_client_signs_in_a_device() {
    const {oidc, config} = await openidClient(world.client);
    const asked = await oidc.initiateDeviceAuthorization(config, {
      scope: `${SCOPE} offline_access`,
    });
    assert.equal(asked.verification_uri, `${world.issuer}/device`);
    const who = person();
    await who.signIn();
    await who.api("oauth/device/answer", {user_code: asked.user_code, decision: "allow"});
    // The library waits for the interval first; the answer is there already.
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, {...asked, interval: 0});
    knowsAnn(
      tokens.claims(),
      await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub),
    );
    assert.ok((await oidc.refreshTokenGrant(config, tokens.refresh_token)).access_token);
    const refused = await oidc.initiateDeviceAuthorization(config, {scope: SCOPE});
    await who.api("oauth/device/answer", {user_code: refused.user_code, decision: "deny"});
    await assert.rejects(
      oidc.pollDeviceAuthorizationGrant(config, {...refused, interval: 0}),
      isError(400, "access_denied"),
    );
  },

  async openid_client_refreshes_introspects_and_revokes() {
    const {oidc, config, signIn} = await openidClient(world.client);
    const first = await signIn(person(), {scope: `${SCOPE} offline_access`});
    const second = await oidc.refreshTokenGrant(config, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.notEqual(second.access_token, first.access_token);
    for (const name of ["iss", "sub", "aud", "auth_time"])
      assert.deepEqual(second.claims()[name], first.claims()[name], name);
    knowsAnn(second.claims(), await oidc.fetchUserInfo(config, second.access_token, world.subject));
    if (world.client.method !== "none") {
      const state = await oidc.tokenIntrospection(config, second.access_token);
      assert.equal(state.active, true);
      assert.equal(state.client_id, world.client.id);
      assert.equal(state.sub, world.subject);
    }
    await oidc.tokenRevocation(config, second.refresh_token);
    await assert.rejects(
      oidc.refreshTokenGrant(config, second.refresh_token),
      isError(400, "invalid_grant"),
    );
    await assert.rejects(
      oidc.fetchUserInfo(config, second.access_token, world.subject),
      isChallenge("invalid_token"),
    );
    if (world.client.method !== "none")
      assert.deepEqual(await oidc.tokenIntrospection(config, second.access_token), {active: false});
  },

  async openid_client_asks_again_by_max_age_and_prompt() {
    const {signIn} = await openidClient(world.client);
    const ann = person();
    const first = (await signIn(ann, {max_age: "10000"}, {maxAge: 10000})).claims();
    const silent = (await signIn(ann, {prompt: "none"})).claims();
    assert.equal(silent.auth_time, first.auth_time);
    // maxAge makes the library check auth_time.
    const again = (await signIn(ann, {max_age: "0"}, {maxAge: 0})).claims();
    assert.ok(again.auth_time >= first.auth_time);
    await signIn(ann, {prompt: "login"});
    await assert.rejects(signIn(person(), {prompt: "none"}), isRefusal("login_required"));
  },

  async openid_client_signs_out() {
    const {oidc, config, signIn} = await openidClient(world.client);
    const ann = person();
    const tokens = await signIn(ann);
    const url = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: world.after,
      id_token_hint: tokens.id_token,
      state: "s t",
    });
    const arrived = await ann.visit(url, {end: world.after});
    assert.equal(arrived.url.searchParams.get("state"), "s t");
    await assert.rejects(signIn(ann, {prompt: "none"}), isRefusal("login_required"));
    await assert.rejects(
      oidc.fetchUserInfo(config, tokens.access_token, world.subject),
      isChallenge("invalid_token"),
    );
  },

  async openid_client_gets_tokens_of_its_own() {
    const {oidc, config} = await openidClient(world.client);
    const tokens = await oidc.clientCredentialsGrant(config, {
      resource: world.resource,
      scope: "orders:read",
    });
    assert.equal(tokens.scope, "orders:read");
    assert.equal(tokens.refresh_token, undefined);
    await assert.rejects(
      oidc.clientCredentialsGrant(config, {resource: "https://other.example"}),
      isError(400, "invalid_target"),
    );
    await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, oidc.skipSubjectCheck));
  },

  async oauth4webapi_signs_in_step_by_step() {
    const oauth = await library("oauth4webapi");
    const insecure = {[oauth.allowInsecureRequests]: true};
    const {id, secret} = world.client;
    const client = {client_id: id};
    const auth = oauth.ClientSecretBasic(secret);
    const issuer = new URL(world.issuer);
    const both = await Promise.all(
      ["oidc", "oauth2"].map(async (algorithm) =>
        oauth.processDiscoveryResponse(
          issuer,
          await oauth.discoveryRequest(issuer, {algorithm, ...insecure}),
        ),
      ),
    );
    assert.deepEqual(both[0], both[1]);
    const [as] = both;
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const asked = new URL(as.authorization_endpoint);
    asked.search = new URLSearchParams([
      ["client_id", id],
      ["redirect_uri", redirect],
      ["response_type", "code"],
      ["scope", `${SCOPE} offline_access orders:read`],
      ["resource", world.resource],
      ["code_challenge", await oauth.calculatePKCECodeChallenge(verifier)],
      ["code_challenge_method", "S256"],
      ["state", state],
      ["nonce", nonce],
    ]);
    const {url} = await person().visit(asked, {end: redirect});
    const answer = oauth.validateAuthResponse(as, client, url, state);
    const exchanged = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      auth,
      answer,
      redirect,
      verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, exchanged, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(as, exchanged, insecure);
    const claims = oauth.getValidatedIdTokenClaims(tokens);

    // The API's side of RFC 9068. Refreshed without a resource, the token is for userinfo.
    const call = new Request(`${world.resource}/orders`, {
      headers: {Authorization: `Bearer ${tokens.access_token}`},
    });
    const seen = await oauth.validateJwtAccessToken(as, call, world.resource, insecure);
    assert.equal(seen.sub, world.subject);
    assert.equal(seen.client_id, id);
    assert.ok(seen.scope.split(" ").includes("orders:read"), seen.scope);

    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, insecure),
    );
    const state2 = await oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, auth, refreshed.access_token, insecure),
    );
    assert.equal(state2.active, true);
    assert.equal(claims.sub, state2.sub);
    const ended = await oauth.revocationRequest(
      as,
      client,
      auth,
      refreshed.refresh_token,
      insecure,
    );
    await oauth.processRevocationResponse(ended);
    const refused = await oauth.refreshTokenGrantRequest(
      as,
      client,
      auth,
      refreshed.refresh_token,
      insecure,
    );
    await assert.rejects(
      oauth.processRefreshTokenResponse(as, client, refused),
      isError(400, "invalid_grant"),
    );
  },

  async oauth4webapi_asks_userinfo() {
    const oauth = await library("oauth4webapi");
    const insecure = {[oauth.allowInsecureRequests]: true};
    const {config, signIn} = await openidClient(world.client);
    const as = config.serverMetadata();
    const client = {client_id: world.client.id};
    const tokens = await signIn(person());
    const about = await oauth.processUserInfoResponse(
      as,
      client,
      world.subject,
      await oauth.userInfoRequest(as, client, tokens.access_token, insecure),
    );
    knowsAnn(tokens.claims(), about);
    await assert.rejects(
      oauth
        .userInfoRequest(as, client, "nothing", insecure)
        .then((reply) => oauth.processUserInfoResponse(as, client, world.subject, reply)),
      isChallenge("invalid_token"),
    );
  },

  async oauth4webapi_checks_an_access_token_of_a_program() {
    const oauth = await library("oauth4webapi");
    const insecure = {[oauth.allowInsecureRequests]: true};
    const {config} = await openidClient(world.client);
    const as = config.serverMetadata();
    const client = {client_id: world.client.id};
    const tokens = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(
        as,
        client,
        oauth.ClientSecretPost(world.client.secret),
        {resource: world.resource, scope: "orders:read"},
        insecure,
      ),
    );
    const call = new Request(`${world.resource}/orders`, {
      headers: {Authorization: `Bearer ${tokens.access_token}`},
    });
    const seen = await oauth.validateJwtAccessToken(as, call, world.resource, insecure);
    assert.equal(seen.client_id, world.client.id);
    assert.equal(seen.scope, "orders:read");
    await assert.rejects(oauth.validateJwtAccessToken(as, call, "https://other.example", insecure));
  },

  async simple_oauth2_gets_refreshes_and_revokes() {
    const {AuthorizationCode, ClientCredentials} = require("simple-oauth2");
    const settings = ({id, secret}, paths) => ({
      client: {id, secret},
      auth: {
        tokenHost: world.issuer,
        tokenPath: "/oauth2/token",
        revokePath: "/oauth2/revoke",
        ...paths,
      },
      options: {authorizationMethod: world.authorizationMethod},
    });
    const app = new AuthorizationCode(settings(world.client, {authorizePath: "/oauth2/authorize"}));
    const asked = app.authorizeURL({
      redirect_uri: redirect,
      scope: ["openid", "offline_access"],
      state: "of the test",
    });
    const {url} = await person().visit(asked, {end: redirect});
    assert.equal(url.searchParams.get("state"), "of the test");
    const code = url.searchParams.get("code");
    assert.ok(code, url.href);
    const first = await app.getToken({code, redirect_uri: redirect});
    assert.equal(first.expired(), false);
    const second = await first.refresh();
    assert.notEqual(second.token.refresh_token, first.token.refresh_token);
    await second.revokeAll(); // It takes nothing but JSON for an answer.
    await assert.rejects(second.refresh());

    const program = new ClientCredentials(settings(world.program));
    const own = await program.getToken({resource: world.resource, scope: "orders:read"});
    assert.equal(own.token.scope, "orders:read");
    await own.revoke("access_token");
  },

  express_openid_connect_signs_in_by_form_post_and_out: () =>
    apps.expressOpenidConnect({world, require, person: person(), knowsAnn}),

  passport_openidconnect_signs_in: () =>
    apps.passportOpenidConnect({world, require, person: person()}),
};

try {
  await flows[process.argv[2]]();
  process.exit(0); // Connections that are kept open do not count.
} catch (error) {
  console.log(error, error?.cause ?? "");
  process.exit(1);
}
