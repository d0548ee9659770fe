// Recovery codes.

import {boot} from "./boot.js";
import {dialog} from "./dialog.js";
import {h, icon} from "./dom.js";
import {message, notice} from "./notice.js";
import {t} from "./text.js";

// Recovery codes, which the server tells once; nothing if there are none. Resolves when the person
// has kept them.
export function showCodes(codes) {
  if (!codes) return null;
  const text = `${boot.name}: ${t("mfa.codes_title")}\n\n${codes.join("\n")}\n`;
  const address = URL.createObjectURL(new Blob([text], {type: "text/plain"}));
  const fill = (close) => [
    message("info", t("mfa.codes_text")),
    h(
      "ul",
      {class: "codes", "aria-label": t("mfa.codes_title")},
      codes.map((code) => h("li", {}, h("code", {}, code))),
    ),
    h(
      "div",
      {class: "actions"},
      h(
        "button",
        {
          type: "button",
          onclick: () =>
            navigator.clipboard.writeText(codes.join("\n")).then(
              () => notice(t("copied")),
              () => notice(t("copy_failed"), "bad"),
            ),
        },
        icon("copy", 18),
        t("copy"),
      ),
      h(
        "a",
        {class: "button", href: address, download: "recovery-codes.txt"},
        icon("data", 18),
        t("download"),
      ),
      h("button", {type: "button", class: "primary", onclick: () => close()}, t("mfa.kept")),
    ),
  ];
  return dialog(t("mfa.codes_title"), fill, {once: true}).finally(() =>
    URL.revokeObjectURL(address),
  );
}
