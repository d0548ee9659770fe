// Express with access tokens of authd (`Authorization: Bearer`): `authd init express --way bearer`.
// Run it with the settings of .env in the environment: npm install express jose && node bearer.mjs
import express from "express";
import {createRemoteJWKSet, errors, jwtVerify} from "jose";

const {ISSUER, AUDIENCE, AUTH_SERVER, PORT = "3000"} = process.env;
if (!ISSUER || !AUDIENCE) throw new Error("ISSUER and AUDIENCE are not set");
const keys = createRemoteJWKSet(new URL(`${AUTH_SERVER}/.well-known/jwks.json`));
const rules = {
  issuer: ISSUER,
  audience: AUDIENCE,
  typ: "at+jwt",
  algorithms: ["ES256"],
  clockTolerance: 5,
  requiredClaims: ["exp", "sub"],
};

async function requireUser(request, response, next) {
  const [, token = ""] = /^Bearer (\S+)$/i.exec(request.get("Authorization") ?? "") ?? [];
  try {
    const {payload} = await jwtVerify(token, keys, rules);
    if (payload.cnf) throw new errors.JWTInvalid("bound to a key"); // RFC 9449
    request.user = {subject: payload.sub, roles: payload.roles ?? []};
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error; // authd cannot be reached
    response.set("WWW-Authenticate", "Bearer");
    return response.status(401).json({error: "invalid_token"});
  }
  next();
}

const app = express();
app.use(requireUser);
app.get("/", (request, response) => response.json(request.user));
app.listen(Number(PORT), "127.0.0.1");
