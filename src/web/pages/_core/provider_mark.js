// What stands for a provider: its logo, or the first letter of its name.

import {boot} from "./boot.js";
import {h} from "./dom.js";

const logoOfProvider = (name) => boot.providers.find((one) => one.name === name)?.logo;

// `kind` is the class that says how large it is.
export function providerMark(name, label, kind) {
  const logo = logoOfProvider(name);
  if (logo) return h("img", {src: logo, alt: "", class: `${kind} mark`});
  return h("span", {class: `${kind} letter`, "aria-hidden": "true"}, [...label][0]);
}
