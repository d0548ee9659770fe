// Short messages: a notice that comes and goes and is read out, and a box that stays in the page.

import {add, h, icon} from "./dom.js";
import {t} from "./text.js";

export function notice(text, kind = "good") {
  const box = h("div", {class: `notice ${kind}`}, icon(kind === "good" ? "check" : "alert"), h("span", {}, text),
    h("button", {type: "button", class: "quiet square small", "aria-label": t("close"), onclick: () => box.remove()},
      icon("close", 16)));
  document.getElementById("notices").append(box);
  setTimeout(() => box.remove(), 8000);
}

// kind: info, good, bad
export function message(kind, ...children) {
  return h("div", {class: `message ${kind}`, role: kind === "bad" ? "alert" : null},
    icon({info: "alert", good: "check", bad: "alert"}[kind]), add(h("div"), children));
}
