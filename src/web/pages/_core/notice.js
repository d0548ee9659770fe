// Short messages: a notice that disappears after a while and is read out, and a box that stays.

import {add, h, icon} from "./dom.js";
import {t} from "./text.js";

export function notice(text, kind = "good") {
  const box = h(
    "div",
    {class: `notice ${kind}`},
    icon(kind === "good" ? "check" : "alert"),
    h("span", {}, text),
    h(
      "button",
      {
        type: "button",
        class: "quiet square small",
        "aria-label": t("close"),
        onclick: () => box.remove(),
      },
      icon("close", 16),
    ),
  );
  // A popover is above an open dialog only if it is shown after it.
  const notices = document.getElementById("notices");
  if (notices.matches(":popover-open")) notices.hidePopover();
  notices.showPopover?.();
  notices.append(box);
  setTimeout(() => box.remove(), kind === "good" ? 6000 : 12_000);
}

// kind: info, good, bad
export function message(kind, ...children) {
  return h(
    "div",
    {class: `message ${kind}`, role: kind === "bad" ? "alert" : null},
    icon({info: "info", good: "check", bad: "alert"}[kind]),
    add(h("div"), children),
  );
}
