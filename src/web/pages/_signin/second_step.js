// The step after the first factor: a code from the app, a recovery code, or a mailed one.

import {post} from "../_core/api.js";
import {h, icon, replace} from "../_core/dom.js";
import {codeField, form} from "../_core/form.js";
import {leaveSignIn} from "../_core/router.js";
import {t} from "../_core/text.js";
import {resendRow} from "./resend.js";

// Continues after a first factor: to where the person wanted to go, or to the second step, which
// replaces the contents of `box`. `again` repeats the first factor, which mails another code; null
// where it works once.
export function goOn(answer, box, again = null) {
  if (!answer.mfa_required) return leaveSignIn();
  return askForCode(answer, box, again);
}

const kinds = (methods) => [
  ...(methods.includes("totp") ? ["totp"] : []),
  ...(methods.some((one) => one.startsWith("email")) ? ["email"] : []),
  ...(methods.some((one) => one.startsWith("recovery")) ? ["recovery"] : []),
];

export function askForCode({mfa_token, methods}, box, again = null) {
  const offered = kinds(methods);
  let token = mfa_token;
  const mailAgain = async () => {
    token = (await again()).mfa_token ?? token;
  };
  const show = (kind) => {
    const code = codeField({
      label: t(`second.${kind}.label`),
      hint: t(`second.${kind}.hint`),
      digits: kind !== "recovery",
    });
    replace(
      box,
      h(
        "div",
        {class: "glyph"},
        icon(kind === "totp" ? "phone" : kind === "email" ? "mail" : "key", 26),
      ),
      h("h1", {tabindex: "-1"}, t("second.title")),
      h("p", {class: "lead"}, t(`second.${kind}.text`)),
      form({
        fields: [code],
        submit: t("second.submit"),
        send: async ({code: typed}) => {
          await post("auth/mfa", {mfa_token: token, code: typed.replaceAll(" ", "")});
          leaveSignIn();
        },
      }),
      kind === "email" && again
        ? resendRow(mailAgain, null, {label: t("mailed.code.again"), sent: t("second.email.text")})
        : null,
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
    code.input.focus();
  };
  show(offered[0] ?? "totp");
}
