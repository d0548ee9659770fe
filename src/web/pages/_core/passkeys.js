// Passkeys and security keys: what these pages ask of the browser (Web Authentication Level 3,
// section 5.1). _account/passkeys.js makes them.

import {post, Refused} from "./api.js";
import {boot, signsInBy} from "./boot.js";
import {h, replace} from "./dom.js";
import {action} from "./form.js";
import {message} from "./notice.js";
import {t} from "./text.js";

// Whether this server takes passkeys, and this browser reads what it asks.
export const canUsePasskeys =
  boot.passkeys && Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);

// Whether a passkey alone signs in here.
export const canSignInByPasskey = canUsePasskeys && signsInBy("passkey");

// For people, where they cannot.
export const whyNoPasskeys = () => t(boot.passkeys ? "passkeys.browser" : "passkeys.unavailable");

const FAILURES = {
  NotAllowedError: "passkey_cancelled",
  AbortError: "passkey_cancelled",
  InvalidStateError: "passkey_exists",
  SecurityError: "passkey_address",
};

// What the browser, or a password manager in it, throws; the catalogue has the text.
export const passkeyFailure = (error) =>
  new Refused(0, {error: FAILURES[error?.name] ?? "passkey_failed"});

// A browser deals with one question at a time, so the next one ends the one before.
let asking = null;

export const isAsking = () => asking !== null;

export function stopAsking() {
  asking?.abort();
  asking = null;
}

export const getPasskey = (publicKey, signal) => navigator.credentials.get({publicKey, signal});

// Has a passkey answer the question that the server gives at `address`. `ask` asks the browser.
// Throws Refused: "passkey_cancelled", or "passkey_stopped" after stopAsking(), among others.
export async function askPasskey(address, body = {}, ask = getPasskey) {
  stopAsking();
  const mine = new AbortController();
  asking = mine;
  try {
    const question = await post(address, body);
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(question);
    mine.signal.throwIfAborted();
    const found = await ask(options, mine.signal);
    mine.signal.throwIfAborted();
    return {answer: found.toJSON(), rp_id: question.rpId};
  } catch (error) {
    if (mine.signal.aborted) throw new Refused(0, {error: "passkey_stopped"});
    throw error instanceof Refused ? error : passkeyFailure(error);
  } finally {
    if (asking === mine) asking = null;
  }
}

// Tells the browser what the server knows, so that it offers no passkey that would be refused.
// `signal` is the name of a method of PublicKeyCredential; not every browser has it.
export async function signalPasskeys(signal, facts) {
  try {
    await globalThis.PublicKeyCredential?.[signal]?.(facts);
  } catch {
    /* a help, no more */
  }
}

// A button that has the browser ask for a passkey, and below it how that ended: `tell` shows it.
export function passkeyButton(label, run, kind = "wide") {
  const outcome = h("div", {role: "status"});
  const tell = ({code, message: text}) => {
    const is_calm = code === "passkey_cancelled";
    replace(outcome, is_calm ? h("p", {class: "note"}, text) : message("bad", text));
  };
  const act = async () => {
    outcome.replaceChildren();
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code !== "passkey_stopped") tell(error);
    }
  };
  const button = action(label, act, {kind, glyph: "passkey"});
  return {element: h("div", {class: "passkey"}, button, outcome), button, tell};
}
