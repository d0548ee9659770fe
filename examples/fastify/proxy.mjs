// Fastify behind a proxy that asks authd about each request: `authd init fastify`.
// Run it with the settings of .env in the environment: npm install fastify && node proxy.mjs
import {createHash, timingSafeEqual} from "node:crypto";
import Fastify from "fastify";

const {PROXY_SECRET = "", PORT = "3000"} = process.env;
if (PROXY_SECRET.length < 32) throw new Error("PROXY_SECRET needs at least 32 characters");
const digest = (text) => createHash("sha256").update(text).digest();
const expected = digest(PROXY_SECRET);

const app = Fastify();
app.decorateRequest("user", null);

// Anybody can send X-Auth-* headers. They count only if the proxy sent them.
app.addHook("onRequest", async (request, reply) => {
  const {headers} = request;
  if (!timingSafeEqual(digest(headers["x-proxy-secret"] ?? ""), expected)) {
    return reply.code(403).send({error: "not_from_the_proxy"});
  }
  const subject = headers["x-auth-subject"];
  if (!subject) return reply.code(401).send({error: "not_signed_in"});
  const roles = (headers["x-auth-roles"] ?? "").split(",").filter(Boolean);
  request.user = {subject, name: headers["x-auth-user"], roles};
});

app.get("/", async (request) => request.user);
await app.listen({port: Number(PORT), host: "127.0.0.1"});
