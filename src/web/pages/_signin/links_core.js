// What the pages of mailed links share.

import {h} from "../_core/dom.js";
import {message} from "../_core/notice.js";
import {t} from "../_core/text.js";

// The token of the link, removed from the address so that it stays in no history and on no screen.
export function tokenOf(query) {
  const token = query.get("token") ?? "";
  if (token) history.replaceState(history.state, "", location.pathname);
  return token;
}

export function badLink(again, label, text = t("link.bad")) {
  return [
    message("bad", text),
    h("p", {class: "actions"}, h("a", {href: again, class: "button primary"}, label)),
  ];
}

export const isBadLink = (error) => error.status === 401 && error.code !== "invalid_credentials";
