// The server's API as these pages use it. The session is in a cookie that no script can read. A
// request that changes something carries the session's CSRF token.

import {language, t, tn, has} from "./text.js";
import {proveWork} from "./work.js";

// An unsuccessful reply. `field` names what was wrong, `code` is for programs; `wait` is for how
// many seconds the server will refuse the same again, if it said so.
export class Refused extends Error {
  constructor(status, body, wait = 0) {
    super(messageOf(status, body));
    this.status = status;
    this.code = body?.error ?? "";
    this.field = body?.field ?? "";
    this.wait = wait;
  }
}

// In the language of the page if the catalogue has it, else as the server says it. `reason` is the
// one rule that was broken, `limit` its number.
function messageOf(status, body) {
  const code = body?.error ?? "";
  for (const more of [`.${body?.reason}`, `.${body?.field}`, ""]) {
    const key = `error.${code}${more}`;
    if (body?.limit && has(`${key}.other`)) return tn(key, body.limit);
    if (has(key)) return t(key);
  }
  return body?.message ?? t(status === 0 ? "error.offline" : "error.unknown");
}

let csrf = "";
let current = null;

// Called when the server refuses what this person could do a moment ago.
let whenForbidden = () => {};
export function onForbidden(act) {
  whenForbidden = act;
}

export async function call(method, path, body, {again = true, work = ""} = {}) {
  // The language of the page, which may not be the browser's: mails follow it.
  const headers = {
    "X-Authd-Session": "cookie",
    Accept: "application/json",
    "Accept-Language": language,
  };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  if (work) headers["X-Authd-Work"] = work;
  const options = {method, headers, credentials: "same-origin"};
  if (body instanceof Blob) {
    headers["Content-Type"] = body.type;
    options.body = body;
  } else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let reply;
  let text;
  try {
    reply = await fetch(path.startsWith("/") ? path : `/api/v1/${path}`, options);
    text = await reply.text();
  } catch {
    throw new Refused(0, null);
  }
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    /* an error page of something between us and the server */
  }
  if (data?.error === "csrf_failed" && again) {
    // Another tab has signed in again, so the cookie is of that session now.
    current = null;
    csrf = "";
    await session();
    return call(method, path, body, {again: false});
  }
  if (data?.error === "proof_of_work_required" && !work) {
    const asked = await get("auth/work");
    if (asked.needed) return call(method, path, body, {again, work: await proveWork(asked)});
  }
  // A role may have been revoked: ask again who this is.
  if (reply.status === 403 && data?.error === "forbidden") {
    current = null;
    whenForbidden();
  }
  if (!reply.ok) {
    throw new Refused(reply.status, data, Number(reply.headers.get("Retry-After")) || 0);
  }
  if (data?.csrf_token) {
    csrf = data.csrf_token;
    current = data.user ?? current;
  }
  return data;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);

// A path with values in it: path`admin/users/${id}`.
export const path = (parts, ...values) =>
  parts.reduce((whole, part, i) => whole + encodeURIComponent(values[i - 1]) + part);

// The id of a client as one part of a path. One that is an address has slashes, which no path of
// the server takes encoded (auth/oauth/protocol/document_address.h).
export const segmentOf = (id) =>
  id.includes("/")
    ? `~${btoa(id).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`
    : id;

// Who is signed in, or null; asked once.
export async function session() {
  if (current === null) {
    const found = await get("auth/session");
    current = found.authenticated ? found.user : undefined;
  }
  return current ?? null;
}

export function setUser(user) {
  current = user;
}

export function isAdmin(user) {
  return Boolean(user?.roles?.includes("admin"));
}

// Whether logins take codes of an authenticator app. A security key sets `mfa_enabled` as well.
export const hasApp = (user) => Boolean(user?.totp_enabled ?? user?.mfa_enabled);

export async function signOut() {
  await post("auth/logout", undefined).catch((error) => {
    if (error.status !== 401) throw error;
  });
  forget();
}

export function forget() {
  csrf = "";
  current = undefined;
}
