// Links that came by mail. Each acts when its button is pressed and not when the page is loaded: programs that look into
// mails load pages, and a link works once.

import {post, session, setUser} from "../_core/api.js";
import {h, icon, replace} from "../_core/dom.js";
import {action} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {card} from "../_core/router.js";
import {t} from "../_core/text.js";
import {badLink, isBadLink, tokenOf} from "./recovery.js";
import {goOn} from "./second_step.js";

function linkPage(query, {glyph, name, again, label, act}) {
  const token = tokenOf(query);
  const box = card(glyph, t(`${name}.title`));
  if (!token) {
    box.append(...badLink(again, label));
    return box;
  }
  const problem = h("div");
  box.append(h("p", {class: "lead"}, t(`${name}.text`)), problem, h("div", {class: "actions"},
    action(t(`${name}.submit`), async () => {
      problem.replaceChildren();
      try {
        await act(token, box);
      } catch (error) {
        if (isBadLink(error)) {
          replace(box, h("div", {class: "glyph"}, icon(glyph, 26)), h("h1", {}, t(`${name}.title`)), badLink(again, label));
        } else problem.replaceChildren(message("bad", error.message));
      }
    }, {kind: "primary"})));
  return box;
}

export function confirmEmail({query, user}) {
  return linkPage(query, {
    glyph: "mail", name: "confirm", again: user ? "/account/security" : "/signin", label: t(user ? "security.title" : "signin.submit"),
    act: async (token, box) => {
      const {user: confirmed} = await post("auth/email/verify", {token});
      const current = await session();
      if (current?.id === confirmed.id) setUser(confirmed);
      replace(box, h("div", {class: "glyph good"}, icon("check", 26)), h("h1", {tabindex: "-1"}, t("confirm.done")),
        h("p", {class: "lead", role: "status"}, t("confirm.done_text", {email: confirmed.email})),
        h("p", {class: "actions"}, h("a", {href: current ? "/account" : "/signin", class: "button primary"},
          t(current ? "account" : "signin.submit"))));
      box.querySelector("h1").focus();
    },
  });
}

export function magicLink({query}) {
  return linkPage(query, {
    glyph: "key", name: "magic", again: "/signin", label: t("signin.back"),
    act: async (token, box) => goOn(await post("auth/magic-link/verify", {token}), box),
  });
}
