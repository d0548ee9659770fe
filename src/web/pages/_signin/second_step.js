// The step after the first factor: a code from the app, a recovery code, a mailed code, a passkey.

import {post} from "../_core/api.js";
import {showCodes} from "../_core/codes.js";
import {h, icon, replace} from "../_core/dom.js";
import {codeField, form} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {
  askPasskey,
  canUsePasskeys,
  passkeyButton,
  stopAsking,
  whyNoPasskeys,
} from "../_core/passkeys.js";
import {leaveSignIn} from "../_core/router.js";
import {t} from "../_core/text.js";
import {resendRow} from "./resend.js";

// Continues after a first factor: to where the person wanted to go, or to the second step, which
// replaces the contents of `box`. `again` repeats the first factor, which mails another code; null
// where it works once.
export async function goOn(answer, box, again = null) {
  if (answer.mfa_required) return askForCode(answer, box, again);
  await showCodes(answer.recovery_codes);
  return leaveSignIn();
}

// The kinds of codes.
const kinds = (methods) => [
  ...(methods.includes("totp") ? ["totp"] : []),
  ...(methods.some((one) => one.startsWith("email")) ? ["email"] : []),
  ...(methods.some((one) => one.startsWith("recovery")) ? ["recovery"] : []),
];

const GLYPHS = {totp: "phone", email: "mail", recovery: "key", passkey: "passkey"};

export function askForCode({mfa_token, methods}, box, again = null) {
  stopAsking();
  const offered = kinds(methods);
  // Nothing but a passkey will do, or a recovery code for one that is lost.
  const is_passkey = methods.includes("passkey") && offered.every((kind) => kind === "recovery");
  let token = mfa_token;
  const mailAgain = async () => {
    token = (await again()).mfa_token ?? token;
  };
  const answerWithPasskey = async () => {
    const {answer} = await askPasskey("auth/mfa/passkey/options", {mfa_token: token});
    await post("auth/mfa", {mfa_token: token, passkey: answer});
    leaveSignIn();
  };
  const byPasskey = () => {
    if (!methods.includes("passkey")) return null;
    const kind = is_passkey ? "primary wide" : "wide";
    if (canUsePasskeys)
      return passkeyButton(t("second.passkey.use"), answerWithPasskey, kind).element;
    return is_passkey ? message("bad", whyNoPasskeys()) : null;
  };
  const byCode = (kind) => {
    const code = codeField({
      label: t(`second.${kind}.label`),
      hint: t(`second.${kind}.hint`),
      digits: kind !== "recovery",
    });
    return form({
      fields: [code],
      submit: t("second.submit"),
      send: async ({code: typed}) => {
        await post("auth/mfa", {mfa_token: token, code: typed.replaceAll(" ", "")});
        leaveSignIn();
      },
    });
  };
  const show = (kind) => {
    replace(
      box,
      h("div", {class: "glyph"}, icon(GLYPHS[kind], 26)),
      h("h1", {tabindex: "-1"}, t("second.title")),
      h("p", {class: "lead"}, t(`second.${kind}.text`)),
      kind === "passkey" ? null : byCode(kind),
      kind === "email" && again
        ? resendRow(mailAgain, null, {label: t("mailed.code.again"), sent: t("second.email.text")})
        : null,
      byPasskey(),
      h(
        "ul",
        {class: "others"},
        offered
          .filter((other) => other !== kind)
          .map((other) =>
            h(
              "li",
              {},
              h(
                "button",
                {type: "button", class: "link", onclick: () => show(other)},
                t(`second.${other}.use`),
              ),
            ),
          ),
        h(
          "li",
          {},
          h(
            "a",
            {
              href: "/signin",
              onclick: (event) => {
                event.preventDefault();
                location.reload();
              },
            },
            t("second.back"),
          ),
        ),
      ),
    );
    box.querySelector("input, .passkey button")?.focus();
  };
  show(is_passkey ? "passkey" : (offered[0] ?? "totp"));
}
