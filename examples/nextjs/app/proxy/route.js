// Next.js behind a proxy that asks authd about each request: `authd init nextjs`.
// Put the settings into .env.local. npm install next react react-dom, next build, next start
import {createHash, timingSafeEqual} from "node:crypto";

export const dynamic = "force-dynamic";

const digest = (text) => createHash("sha256").update(text).digest();

// Anybody can send X-Auth-* headers. They count only if the proxy sent them. In a page or a server
// action, give this function `await headers()`, of next/headers.
function userOf(headers) {
  const {PROXY_SECRET = ""} = process.env;
  if (PROXY_SECRET.length < 32) throw new Error("PROXY_SECRET needs at least 32 characters");
  const sent = headers.get("X-Proxy-Secret") ?? "";
  if (!timingSafeEqual(digest(sent), digest(PROXY_SECRET))) {
    return {status: 403, error: "not_from_the_proxy"};
  }
  const subject = headers.get("X-Auth-Subject");
  if (!subject) return {status: 401, error: "not_signed_in"};
  const roles = (headers.get("X-Auth-Roles") ?? "").split(",").filter(Boolean);
  return {user: {subject, name: headers.get("X-Auth-User"), roles}};
}

export function GET(request) {
  const {user, status, error} = userOf(request.headers);
  return user ? Response.json(user) : Response.json({error}, {status});
}
