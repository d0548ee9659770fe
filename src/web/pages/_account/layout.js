// The sections of the account beside one page of it.

import {h, icon, message, sections, t} from "./core.js";

const isAt = (page, address) => page.path === address || page.also?.includes(address);

// `at`: the section to mark, where the page itself is not one.
export function layout(access, label, at, heading, ...children) {
  const here = at ?? location.pathname;
  return h(
    "div",
    {class: "sections"},
    h(
      "nav",
      {class: "side", "aria-label": label},
      h(
        "ul",
        {},
        sections(access).map((page) =>
          h(
            "li",
            {},
            h(
              "a",
              {href: page.path, "aria-current": isAt(page, here) ? "page" : null},
              icon(page.icon),
              h("span", {}, t(page.title)),
            ),
          ),
        ),
      ),
    ),
    h("div", {class: "content"}, h("h1", {}, heading), children),
  );
}

export const accountPage = (heading, ...children) =>
  layout("user", t("account"), null, heading, ...children);

// Stays until the password is changed; null if it has not leaked.
export const leakedNotice = (user) =>
  user.password_leaked
    ? message(
        "bad",
        t("security.leaked"),
        location.pathname === "/account/security"
          ? null
          : [" ", h("a", {href: "/account/security"}, t("password.change"))],
      )
    : null;

export const panel = (heading, ...children) =>
  h("section", {class: "panel"}, heading ? h("h2", {}, heading) : null, children);
