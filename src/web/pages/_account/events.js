// What the audit log tells, in words.

import {h, has, t} from "./core.js";

// An action or an outcome in words; one that a newer server wrote, as it is.
export const spoken = (kind, word) =>
  has(`${kind}.${word}`) ? t(`${kind}.${word}`) : word.replaceAll("_", " ");

export const actionText = (word) => spoken("did", word);

// Null if it went well.
export function outcomeBadge(word) {
  if (word === "ok") return null;
  const is_usual = ["second_factor_needed", "steps_needed"].includes(word);
  const kind = is_usual ? "badge" : "badge bad";
  return h("span", {class: kind}, spoken("outcome", word));
}
