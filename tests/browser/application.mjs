// An application that signs people in with their accounts here: it is registered, sends them, and
// answers at its address.
import {createHash, randomBytes} from "node:crypto";
import {createServer} from "node:http";
import {assert, heading, person, signIn, world} from "./world.mjs";

const REDIRECT = `${world.app}/callback`;

// The application, which shows the parameters that it was sent.
const application = createServer((request, reply) => {
  reply.setHeader("Content-Type", "text/html");
  reply.end(`<!doctype html><html lang="en"><title>There</title><h1>There</h1>`);
});
await new Promise((resolve) => application.listen(new URL(world.app).port, "localhost", resolve));
application.unref();

// Calls the admin API in a browser of its own.
export async function administered(method, path, body) {
  const page = await (await person()).newPage();
  await signIn(page, "root");
  await heading(page, "Profile");
  const made = await page.evaluate(
    async ([how, where, what]) => {
      const headers = {"X-Authd-Session": "cookie", "Content-Type": "application/json"};
      const session = await fetch("/api/v1/auth/session", {headers}).then((one) => one.json());
      headers["X-CSRF-Token"] = session.csrf_token;
      const reply = await fetch(`/api/v1/admin/${where}`, {
        method: how,
        headers,
        body: JSON.stringify(what),
      });
      return {status: reply.status, ...(await reply.json())};
    },
    [method, path, body],
  );
  await page.context().close();
  assert.ok(made.status < 300, JSON.stringify(made));
  return made;
}

export const client = (name, more = {}) =>
  administered("POST", "clients", {name, redirect_uris: [REDIRECT], ...more});

// An authorization request, whose answer is waited for at the application.
export function requestOf({client_id: id, client_secret: secret}, more = {}) {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("hex");
  const query = new URLSearchParams({
    client_id: id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid profile email",
    state,
    nonce: randomBytes(8).toString("hex"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...more,
  });
  return {
    address: `/oauth2/authorize?${query}`,
    answer: async (page) => {
      await page.waitForURL((url) => url.origin === world.app);
      const answer = Object.fromEntries(new URL(page.url()).searchParams);
      assert.equal(answer.state, more.state ?? state);
      assert.equal(answer.iss, world.base);
      return answer;
    },
    // The claims of the person whose code this is.
    redeem: async (page, code) => {
      const reply = await page.request.post(`${world.base}/oauth2/token`, {
        headers: {Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`},
        form: {
          grant_type: "authorization_code",
          code,
          redirect_uri: REDIRECT,
          code_verifier: verifier,
        },
      });
      const tokens = await reply.json();
      assert.equal(reply.status(), 200, JSON.stringify(tokens));
      const claims = await page.request.get(`${world.base}/oauth2/userinfo`, {
        headers: {Authorization: `Bearer ${tokens.access_token}`},
      });
      return {tokens, claims: await claims.json()};
    },
  };
}
