// The client of authd {{version}}, for pages on the same site. The session is in a cookie that no
// script can read; this module keeps the CSRF token, in memory. It asks the server that it comes
// from. docs/browsers.md is the manual, /authd.d.ts has the types.

export const version = "{{version}}";

const server = new URL(import.meta.url).origin;

// Milliseconds. A tab that is looked at again after this time asks who is signed in.
const OLD = 60_000;
// What the server answers when the session or its CSRF token has ended: it has done nothing.
const STALE = ["csrf_failed", "invalid_session", "unauthenticated"];

// An unsuccessful reply. `code` is for programs, `field` names what was wrong; `wait` is for how
// many seconds the server will refuse the same again. Without a reply, `status` is 0.
export class AuthdError extends Error {
  constructor(status, body, wait = 0) {
    super(body?.message ?? "The server cannot be reached.");
    this.name = "AuthdError";
    this.status = status;
    this.code = body?.error ?? "";
    this.field = body?.field ?? "";
    this.wait = wait;
  }
}

let csrf = "";
let user; // null: nobody; undefined: not asked yet
let asked_at = 0;
let asking;
// A sign-in or sign-out, here or in another tab, makes what was asked before it out of date.
let turn = 0;

const events = new EventTarget();
const tabs = globalThis.BroadcastChannel && new BroadcastChannel(`authd ${server}`);

// Calls `act` with the user, or null, at each "signedin", "signedout" or "expired", whichever tab
// of this origin it happened in. Returns what ends that.
export function on(type, act) {
  const listener = ({detail}) => act(detail);
  events.addEventListener(type, listener);
  return () => events.removeEventListener(type, listener);
}

function learn(found, token, why, is_told) {
  const before = user;
  user = found;
  csrf = token;
  asked_at = Date.now();
  const is_first = before === undefined && !why;
  if (is_first || (before !== undefined && before?.subject === user?.subject)) return;
  const type = user ? "signedin" : why === "signedout" ? why : "expired";
  events.dispatchEvent(new CustomEvent(type, {detail: user}));
  if (!is_told) tabs?.postMessage(type);
}

function begin() {
  turn += 1;
  asking = undefined;
}

function change(found, token, why) {
  begin();
  learn(found, token, why);
}

async function read(why, is_told) {
  const mine = turn;
  const address = `${server}/api/v1/auth/session`;
  const own = (asking ??= bodyOf(fetch(address, {credentials: "include"})).finally(() => {
    if (asking === own) asking = undefined;
  }));
  const found = await own;
  if (mine === turn) learn(found.user ?? null, found.csrf_token ?? "", why, is_told);
  else if (user === undefined) await read(why, is_told);
}

// Who is signed in, or null. Asked once, and again with `fresh`.
export async function session({fresh = false} = {}) {
  if (fresh || user === undefined) await read();
  return user ?? null;
}

async function isStale(reply, is_ours) {
  if (reply.status !== 401 && reply.status !== 403) return false;
  if (!is_ours) return reply.status === 401;
  const body = await reply
    .clone()
    .json()
    .catch(() => null);
  return STALE.includes(body?.error);
}

// As the browser's fetch(), with the session. A relative address is one of the server. What is
// refused because another tab has signed the same person in again is sent once more; what is
// refused because somebody else is signed in now is not.
async function call(address, options = {}) {
  const url = new URL(address, server);
  const is_ours = url.origin === server;
  const is_change = !/^(get|head|options)$/i.test(options.method ?? "GET");
  if (is_ours && is_change && user === undefined) await read();
  const ask = () => {
    const headers = new Headers(options.headers);
    // No other server gets the token.
    if (is_ours && is_change && csrf) headers.set("X-CSRF-Token", csrf);
    return fetch(url, {credentials: is_ours ? "include" : "same-origin", ...options, headers});
  };
  const before = user?.subject;
  const reply = await ask();
  if (!before || !(await isStale(reply, is_ours))) return reply;
  await read();
  const is_same = user?.subject === before && !(options.body instanceof ReadableStream);
  return is_same ? ask() : reply;
}
export {call as fetch};

async function bodyOf(asked) {
  let reply;
  try {
    reply = await asked;
  } catch (error) {
    throw error instanceof AuthdError ? error : new AuthdError(0);
  }
  const body = await reply.json().catch(() => null);
  if (reply.ok) return body;
  throw new AuthdError(reply.status, body, Number(reply.headers.get("Retry-After")) || 0);
}

function send(method, path, body) {
  const headers = {"X-Authd-Session": "cookie"};
  if (body) headers["Content-Type"] = "application/json";
  return bodyOf(call(`/api/v1/${path}`, {method, headers, body: body && JSON.stringify(body)}));
}

function started(reply) {
  if (reply.csrf_token) change(reply.user, reply.csrf_token, "signedin");
  return reply;
}

// With {login, password}; then, if the reply asks for it, with {mfa_token, code} or with
// {step_token, …}. Without anything, on the server's own page, which comes back here.
export async function signIn(proof) {
  if (!proof) {
    location.assign(`${server}/signin?return_to=${encodeURIComponent(location.href)}`);
    return new Promise(() => {});
  }
  const path = proof.mfa_token ? "mfa" : proof.step_token ? "steps" : "login";
  return started(await send("POST", `auth/${path}`, proof));
}

export async function signOut() {
  await session();
  try {
    if (user) await send("POST", "auth/logout");
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  change(null, "", "signedout");
}

async function answer(path, options) {
  const question = await send("POST", path, {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(question);
  return (await navigator.credentials.get({...options, publicKey})).toJSON();
}

// Proves again who this is, with {password}, {code} or, without anything, a passkey.
export async function reauthenticate(proof) {
  await send(
    "POST",
    "auth/reauthenticate",
    proof ?? {passkey: await answer("auth/reauthenticate/options")},
  );
}

const MINE = "users/me/passkeys";

export const passkeys = {
  supported: () => Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON),
  // `options` go to navigator.credentials.get(): mediation, signal.
  async signIn(options) {
    const response = await answer("auth/passkey/options", options);
    return started(await send("POST", "auth/passkey/verify", {response}));
  },
  async add(name) {
    const question = await send("POST", `${MINE}/options`, {});
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(question);
    const made = await navigator.credentials.create({publicKey});
    return send("POST", MINE, {name, response: made.toJSON()});
  },
  list: async () => (await send("GET", MINE)).passkeys,
  async remove(id) {
    await send("DELETE", `${MINE}/${encodeURIComponent(id)}`);
  },
};

// What is wrong the next call says.
const readAgain = (why) => read(why, Boolean(why)).catch(() => {});

tabs?.addEventListener("message", ({data}) => {
  begin();
  readAgain(data);
});
globalThis.document?.addEventListener("visibilitychange", () => {
  if (!document.hidden && user !== undefined && Date.now() - asked_at > OLD) readAgain();
});
