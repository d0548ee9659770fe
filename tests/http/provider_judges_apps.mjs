// Web applications made with client libraries, and a person who uses them (provider_judges.mjs).
import {strict as assert} from "node:assert";

const listening = (app, port) =>
  new Promise((resolve, reject) => {
    const server = app.listen(port, "127.0.0.1");
    server.on("listening", resolve).on("error", reject);
  });

export async function expressOpenidConnect({world, require, person, knowsAnn}) {
  const express = require("express");
  const {auth, requiresAuth} = require("express-openid-connect");
  const {port} = new URL(world.app);
  const app = express();
  app.use(
    auth({
      issuerBaseURL: world.issuer,
      baseURL: world.app,
      clientID: world.client.id,
      clientSecret: world.client.secret,
      clientAuthMethod: world.client.method,
      secret: "a secret of the application for its cookies",
      authRequired: false,
      idpLogout: true,
      idTokenSigningAlg: world.client.metadata?.id_token_signed_response_alg ?? "RS256",
      authorizationParams: {
        response_type: "code",
        response_mode: "form_post",
        scope: "openid profile email offline_access",
      },
    }),
  );
  app.get("/me", requiresAuth(), async (request, reply) => {
    const about = await request.oidc.fetchUserInfo();
    const before = request.oidc.accessToken.access_token;
    const refreshed = await request.oidc.accessToken.refresh();
    reply.json({
      claims: request.oidc.idTokenClaims,
      about,
      refreshed: refreshed.access_token !== before,
    });
  });
  app.get("/", (request, reply) => reply.json({in: request.oidc.isAuthenticated()}));
  await listening(app, Number(port));

  // A page that needs a person leads to the sign-in and back.
  const page = await person.visit(`${world.app}/me`);
  assert.equal(page.status, 200, page.text);
  assert.equal(page.url.href, `${world.app}/me`);
  const {claims, about, refreshed} = JSON.parse(page.text);
  knowsAnn(claims, about);
  assert.ok(refreshed);
  assert.equal(person.consents, 1);
  assert.equal(person.cookies.has("authd_session"), true);

  const out = await person.visit(`${world.app}/logout`);
  assert.equal(out.url.href, `${world.app}/`);
  assert.deepEqual(JSON.parse(out.text), {in: false});
  const session = await person.fetch(`${world.issuer}/api/v1/users/me`);
  assert.equal(session.status, 401, "the session of authd has ended as well");
}

export async function passportOpenidConnect({world, require, person}) {
  const express = require("express");
  const passport = require("passport");
  const {Strategy} = require("passport-openidconnect");
  const app = express();
  app.use(
    require("express-session")({secret: "of the test", resave: false, saveUninitialized: false}),
  );
  passport.use(
    new Strategy(
      {
        issuer: world.issuer,
        authorizationURL: `${world.issuer}/oauth2/authorize`,
        tokenURL: `${world.issuer}/oauth2/token`,
        userInfoURL: `${world.issuer}/oauth2/userinfo`,
        clientID: world.client.id,
        clientSecret: world.client.secret,
        callbackURL: `${world.app}/callback`,
        scope: ["profile", "email"],
        ...world.options,
      },
      (issuer, profile, done) => done(null, {issuer, profile}),
    ),
  );
  app.get("/", passport.authenticate("openidconnect"));
  app.get(
    "/callback",
    passport.authenticate("openidconnect", {session: false, failureMessage: true}),
    (request, reply) => reply.json(request.user),
  );
  await listening(app, Number(new URL(world.app).port));

  const page = await person.visit(`${world.app}/`);
  assert.equal(page.status, 200, page.text);
  const {issuer, profile} = JSON.parse(page.text);
  assert.equal(issuer, world.issuer);
  assert.equal(profile.id, world.subject);
  assert.equal(profile.displayName, "Ann Lee");
  assert.equal(profile.emails[0].value, "ann@example.org");
}
