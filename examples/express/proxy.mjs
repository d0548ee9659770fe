// Express behind a proxy that asks authd about each request: `authd init express`.
// Run it with the settings of .env in the environment: npm install express && node proxy.mjs
import {createHash, timingSafeEqual} from "node:crypto";
import express from "express";

const {PROXY_SECRET = "", PORT = "3000"} = process.env;
if (PROXY_SECRET.length < 32) throw new Error("PROXY_SECRET needs at least 32 characters");
const digest = (text) => createHash("sha256").update(text).digest();
const expected = digest(PROXY_SECRET);

// Anybody can send X-Auth-* headers. They count only if the proxy sent them.
function requireUser(request, response, next) {
  if (!timingSafeEqual(digest(request.get("X-Proxy-Secret") ?? ""), expected)) {
    return response.status(403).json({error: "not_from_the_proxy"});
  }
  const subject = request.get("X-Auth-Subject");
  if (!subject) return response.status(401).json({error: "not_signed_in"});
  const roles = (request.get("X-Auth-Roles") ?? "").split(",").filter(Boolean);
  request.user = {subject, name: request.get("X-Auth-User"), roles};
  next();
}

const app = express();
app.use(requireUser);
app.get("/", (request, response) => response.json(request.user));
app.listen(Number(PORT), "127.0.0.1");
