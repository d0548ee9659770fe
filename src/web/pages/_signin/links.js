// Links that came by mail. Each acts when its button is pressed and not when the page is loaded:
// programs that scan mail load pages, and a link works once.

import {forget, post, session, setUser, signOut} from "../_core/api.js";
import {h, icon, replace} from "../_core/dom.js";
import {action, field, form} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {card, go} from "../_core/router.js";
import {t} from "../_core/text.js";
import {badLink, isBadLink, tokenOf} from "./links_core.js";
import {goOn} from "./second_step.js";

// The token of the link while its owner signs in. It is kept in this document only.
let kept = "";

function keptToken(query) {
  const token = tokenOf(query) || kept;
  kept = "";
  return token;
}

// A button whose failure is shown above it, or by `refused`, which then returns true.
function linkButton(label, act, refused) {
  const problem = h("div");
  return [
    problem,
    h(
      "div",
      {class: "actions"},
      action(
        label,
        async () => {
          problem.replaceChildren();
          try {
            await act();
          } catch (error) {
            if (!refused(error)) problem.replaceChildren(message("bad", error.message));
          }
        },
        {kind: "primary"},
      ),
    ),
  ];
}

function linkDone(box, title, text, href, label) {
  replace(
    box,
    h("div", {class: "glyph good"}, icon("check", 26)),
    h("h1", {tabindex: "-1"}, title),
    h("p", {class: "lead", role: "status"}, text),
    h("p", {class: "actions"}, h("a", {href, class: "button primary"}, label)),
  );
  box.querySelector("h1").focus();
}

// A link that confirms an address, changes one, or stops a change. The server says which.
export async function emailLink({query, user}) {
  const token = keptToken(query);
  const bad = (text) => {
    const box = card("mail", t("confirm.title"));
    box.append(
      ...badLink(
        user ? "/account/security" : "/signin",
        t(user ? "security.title" : "signin.submit"),
        text,
      ),
    );
    return box;
  };
  // After a reload, or a login with another provider, the token is gone.
  if (!token) return bad(t("link.again"));
  let link;
  try {
    link = await post("auth/email/link", {token});
  } catch (error) {
    if (!isBadLink(error)) throw error;
    return bad();
  }
  if (link.kind === "reset") return bad();
  const box = card("mail", t(`${link.kind}.title`));
  const refused = (error) => {
    if (!isBadLink(error)) return false;
    replace(box, [...bad().childNodes]);
    return true;
  };
  if (link.kind === "stop") showStop(box, token, link, refused);
  else if (link.signed_in) showButton(box, token, link, refused);
  else if (link.kind === "change") showSignIn(box, token, link, user);
  else showPassword(box, token, link, refused);
  return box;
}

async function confirmEmail(box, values) {
  const {user: confirmed} = await post("auth/email/verify", values);
  const current = await session();
  if (current?.id === confirmed.id) setUser(confirmed);
  linkDone(
    box,
    t("confirm.done"),
    t("confirm.done_text", {email: confirmed.email}),
    current ? "/account" : "/signin",
    t(current ? "account" : "signin.submit"),
  );
}

function showButton(box, token, link, refused) {
  // The session may have ended since the page was shown.
  const again = (error) => {
    if (error.code !== "sign_in_first") return refused(error);
    forget();
    kept = token;
    go(location.pathname, true);
    return true;
  };
  box.append(
    h("p", {class: "lead"}, t(`${link.kind}.text`, link)),
    ...linkButton(t(`${link.kind}.submit`), () => confirmEmail(box, {token}), again),
  );
}

// Without a session of the account, its password shows that whoever reads this mail created it.
function showPassword(box, token, link, refused) {
  const password = field({
    name: "password",
    label: t("password"),
    type: "password",
    autocomplete: "current-password",
    hint: t("confirm.password"),
  });
  box.append(
    h("p", {class: "lead"}, t("confirm.text", link)),
    form({
      fields: [password],
      submit: t("confirm.submit"),
      send: async ({password: known}) => {
        try {
          await confirmEmail(box, known ? {token, password: known} : {token});
        } catch (error) {
          if (!refused(error)) throw error;
        }
      },
    }),
    h(
      "p",
      {class: "switch"},
      t("confirm.not_mine"),
      " ",
      h("a", {href: "/forgot"}, t("confirm.take_over")),
    ),
  );
}

// A change is for whoever is signed in to the account.
function showSignIn(box, token, link, user) {
  const back = `/signin?return_to=${encodeURIComponent(location.pathname)}`;
  const signIn = async () => {
    if (user) await signOut();
    kept = token;
    go(back);
  };
  box.append(
    h("p", {class: "lead"}, t("change.text", link)),
    message(
      "info",
      user
        ? t("change.other", {account: link.account, mine: user.username ?? user.email})
        : t("change.sign_in", link),
    ),
    ...linkButton(t(user ? "change.switch" : "signin.submit"), signIn, () => false),
  );
}

function showStop(box, token, link, refused) {
  if (!link.email) {
    box.append(
      h("p", {class: "lead"}, t("stop.text_nothing", link)),
      h(
        "p",
        {class: "actions"},
        h("a", {href: "/forgot", class: "button primary"}, t("stop.password")),
      ),
    );
    return;
  }
  box.append(
    h("p", {class: "lead"}, t("stop.text", link)),
    ...linkButton(
      t("stop.submit"),
      async () => {
        await post("auth/email/stop", {token});
        linkDone(box, t("stop.done"), t("stop.done_text", link), "/forgot", t("stop.password"));
      },
      refused,
    ),
  );
}

export function magicLink({query}) {
  const token = tokenOf(query);
  const box = card("key", t("magic.title"));
  const bad = (text) => badLink("/signin", t("signin.back"), text);
  if (!token) {
    box.append(...bad(t("link.again")));
    return box;
  }
  const refused = (error) => {
    if (!isBadLink(error)) return false;
    replace(box, h("div", {class: "glyph"}, icon("key", 26)), h("h1", {}, t("magic.title")), bad());
    return true;
  };
  box.append(
    h("p", {class: "lead"}, t("magic.text")),
    ...linkButton(
      t("magic.submit"),
      async () => goOn(await post("auth/magic-link/verify", {token}), box),
      refused,
    ),
  );
  return box;
}
