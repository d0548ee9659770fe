// The offer to ask for no second factor on this device for a while, where the server makes it.

import {h, newId} from "../_core/dom.js";
import {tn} from "../_core/text.js";

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

function offerText(seconds) {
  if (seconds >= DAY) return tn("second.remember.days", Math.floor(seconds / DAY));
  return tn("second.remember.hours", Math.max(1, Math.floor(seconds / HOUR)));
}

// A box to tick, and what the answer then says. `seconds` is what the server offers, if anything.
export function rememberOffer(seconds) {
  if (!seconds) return {element: null, wish: () => ({})};
  const id = newId("remember");
  const input = h("input", {id, name: "remember", type: "checkbox"});
  const element = h(
    "div",
    {class: "field"},
    h("label", {class: "tick", for: id}, input, h("span", {}, offerText(seconds))),
  );
  return {element, wish: () => (input.checked ? {remember: true} : {})};
}
