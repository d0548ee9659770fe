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
import {rememberOffer} from "./remember.js";
import {resendRow} from "./resend.js";
import {askForSteps} from "./steps.js";

// Continues after a proof: to where the person wanted to go, or to what is still needed, which
// replaces the contents of `box`. `again` repeats the first factor, which mails another code; null
// where it works once.
export async function goOn(answer, box, again = null) {
  if (answer.mfa_required) return askForCode(answer, box, again);
  if (answer.steps_required) return askForSteps(answer, box, goOn);
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

export function askForCode({mfa_token, methods, remember_for}, box, again = null) {
  stopAsking();
  const remember = rememberOffer(remember_for);
  const offered = kinds(methods);
  // Nothing but a passkey will do, or a recovery code for one that is lost.
  const is_passkey = methods.includes("passkey") && offered.every((kind) => kind === "recovery");
  let token = mfa_token;
  const mailAgain = async () => {
    token = (await again()).mfa_token ?? token;
  };
  const answerWithPasskey = async () => {
    const {answer} = await askPasskey("auth/mfa/passkey/options", {mfa_token: token});
    const given = {mfa_token: token, passkey: answer, ...remember.wish()};
    await goOn(await post("auth/mfa", given), box);
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
      // A recovery code makes no device trusted.
      extra: kind === "recovery" ? null : remember.element,
      send: async ({code: typed}) => {
        const wish = kind === "recovery" ? {} : remember.wish();
        const given = {mfa_token: token, code: typed.replaceAll(" ", ""), ...wish};
        await goOn(await post("auth/mfa", given), box);
      },
    });
  };
  const show = (kind) => {
    replace(
      box,
      h("div", {class: "glyph"}, icon(GLYPHS[kind], 26)),
      h("h1", {tabindex: "-1"}, t("second.title")),
      h("p", {class: "lead"}, t(`second.${kind}.text`)),
      kind === "passkey" ? remember.element : byCode(kind),
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
    box.querySelector("input:not([type=checkbox]), .passkey button")?.focus();
  };
  show(is_passkey ? "passkey" : (offered[0] ?? "totp"));
}
