// The terms of the service: a box to tick, with a link to them.

import {boot} from "../_core/boot.js";
import {h, newId} from "../_core/dom.js";
import {t} from "../_core/text.js";

export const hasTerms = () => Boolean(boot.terms_version);

// A field of a form, whose value is the version that is accepted.
export function termsField() {
  const name = "terms_version";
  const id = newId(name);
  const input = h("input", {id, name, type: "checkbox", "aria-describedby": `${id}-note`});
  const note = h("p", {class: "note", id: `${id}-note`});
  const complain = (text) => {
    note.textContent = text;
    note.classList.toggle("bad", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const verify = () => {
    complain(input.checked ? "" : t("terms.tick"));
    return input.checked;
  };
  const box = h(
    "div",
    {class: "field"},
    h("label", {class: "tick", for: id}, input, h("span", {}, t("terms.accept"))),
    h(
      "p",
      {},
      h("a", {href: boot.terms_url, target: "_blank", rel: "noopener noreferrer"}, t("terms.read")),
    ),
    note,
  );
  const value = () => (input.checked ? boot.terms_version : "");
  return {name, input, box, complain, verify, value, type: "checkbox"};
}
