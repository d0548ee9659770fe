// Signing in with a passkey: with a button, or with what the browser offers at the field of the
// name ("conditional mediation").

import {post, Refused} from "../_core/api.js";
import {boot} from "../_core/boot.js";
import {h} from "../_core/dom.js";
import {
  askPasskey,
  getPasskey,
  isAsking,
  passkeyButton,
  signalPasskeys,
  stopAsking,
} from "../_core/passkeys.js";
import {t} from "../_core/text.js";
import {goOn} from "./second_step.js";

const QUESTION = "auth/passkey/options";

// Milliseconds. The server takes the answer to a question for five minutes. The page looks at the
// clock again and again, because a machine that sleeps stops its timers.
const RENEWAL = 240_000;
const LOOK = 10_000;
// What is refused sooner, no person has refused.
const AT_ONCE = 1000;
const MAX_FAILURES = 3;

async function logInWith({answer, rp_id}) {
  try {
    return await post("auth/passkey/verify", {response: answer});
  } catch (error) {
    if (error.code === "unknown_passkey") {
      signalPasskeys("signalUnknownCredential", {rpId: rp_id, credentialId: answer.id});
    }
    throw error;
  }
}

// Some browsers have a short dialog for the passkeys of this device, and no dialog if there are
// none. Whoever refuses the short one may want the passkey of another device.
let is_short = true;

async function askShortly(publicKey, signal) {
  const able = is_short && (await PublicKeyCredential.getClientCapabilities?.())?.immediateGet;
  if (!able) return getPasskey(publicKey, signal);
  const begun = performance.now();
  try {
    return await navigator.credentials.get({publicKey, uiMode: "immediate"}); // takes no signal
  } catch (error) {
    is_short = false;
    if (performance.now() - begun > AT_ONCE) throw error;
    return getPasskey(publicKey, signal);
  }
}

// {element, offer}: the button, and what lets the browser offer passkeys at `input` until the page
// is left or something else is asked.
export function passkeySignIn(box, input) {
  const {element, tell: say} = passkeyButton(t("signin.by_passkey"), async () => {
    try {
      await goOn(await logInWith(await askPasskey(QUESTION, {}, askShortly)), box);
    } catch (error) {
      offer();
      if (!(error instanceof Refused) || error.code === "passkey_stopped") throw error;
      tell(error);
    }
  });
  const tell = (error) => {
    say(error);
    // The server does not say whether the passkey is wrong or the confirmation is missing.
    if (error.code === "invalid_passkey" && boot.email_required)
      element.append(h("p", {class: "note", role: "status"}, t("passkeys.unconfirmed")));
  };
  const askAtField = (publicKey, signal) => {
    if (!input.isConnected) stopAsking();
    return navigator.credentials.get({publicKey, signal, mediation: "conditional"});
  };
  const offer = async () => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    for (let failures = 0; failures < MAX_FAILURES && !isAsking();) {
      const begun = performance.now();
      const asked = askPasskey(QUESTION, {}, askAtField);
      const end = Date.now() + RENEWAL;
      let is_old = false;
      const clock = setInterval(() => {
        is_old = Date.now() >= end;
        if (is_old) stopAsking();
      }, LOOK);
      let found = null;
      try {
        found = await asked;
      } catch (error) {
        if (error.code === "passkey_stopped" && !is_old) return;
        // A browser that cannot do it does not learn it.
        if (performance.now() - begun < AT_ONCE) return;
        if (!is_old) failures += 1;
        continue;
      } finally {
        clearInterval(clock);
      }
      try {
        await goOn(await logInWith(found), box);
        return;
      } catch (error) {
        failures += 1;
        tell(error);
      }
    }
  };
  return {element, offer};
}
