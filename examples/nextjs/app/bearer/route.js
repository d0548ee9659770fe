// Next.js with access tokens of authd (`Authorization: Bearer`): `authd init nextjs --way bearer`.
// Put the settings into .env.local. npm install next react react-dom jose, next build, next start
import {createRemoteJWKSet, errors, jwtVerify} from "jose";

export const dynamic = "force-dynamic";

// Read with the first request: `next build` has no settings.
let keys;

async function userOf(headers) {
  const {ISSUER, AUDIENCE, AUTH_SERVER} = process.env;
  if (!ISSUER || !AUDIENCE) throw new Error("ISSUER and AUDIENCE are not set");
  keys ??= createRemoteJWKSet(new URL(`${AUTH_SERVER}/.well-known/jwks.json`));
  const [, token = ""] = /^Bearer (\S+)$/i.exec(headers.get("Authorization") ?? "") ?? [];
  const {payload} = await jwtVerify(token, keys, {
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: "at+jwt",
    algorithms: ["ES256"],
    clockTolerance: 5,
    requiredClaims: ["exp", "sub"],
  });
  if (payload.cnf) throw new errors.JWTInvalid("bound to a key"); // RFC 9449
  return {subject: payload.sub, roles: payload.roles ?? []};
}

export async function GET(request) {
  try {
    return Response.json(await userOf(request.headers));
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error; // authd cannot be reached
    const headers = {"WWW-Authenticate": "Bearer"};
    return Response.json({error: "invalid_token"}, {status: 401, headers});
  }
}
