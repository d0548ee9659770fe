// Fastify with access tokens of authd (`Authorization: Bearer`): `authd init fastify --way bearer`.
// Run it with the settings of .env in the environment: npm install fastify jose && node bearer.mjs
import Fastify from "fastify";
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

const app = Fastify();
app.decorateRequest("user", null);

app.addHook("onRequest", async (request, reply) => {
  const [, token = ""] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  try {
    const {payload} = await jwtVerify(token, keys, rules);
    if (payload.cnf) throw new errors.JWTInvalid("bound to a key"); // RFC 9449
    request.user = {subject: payload.sub, roles: payload.roles ?? []};
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error; // authd cannot be reached
    return reply.code(401).header("WWW-Authenticate", "Bearer").send({error: "invalid_token"});
  }
});

app.get("/", async (request) => request.user);
await app.listen({port: Number(PORT), host: "127.0.0.1"});
