// The sections of the account beside one page of it.

import {h, icon, t} from "./core.js";

const ACCOUNT_SECTIONS = [
  ["/account", "user", "profile.title"],
  ["/account/security", "shield", "security.title"],
  ["/account/sessions", "devices", "sessions.title"],
  ["/account/linked", "link", "linked.title"],
  ["/account/data", "data", "data.title"],
];

export function layout(sections, label, at, heading, ...children) {
  const here = location.pathname === "/dashboard.html" ? "/account" : (at ?? location.pathname);
  return h(
    "div",
    {class: "sections"},
    h(
      "nav",
      {class: "side", "aria-label": label},
      h(
        "ul",
        {},
        sections.map(([href, glyph, title]) =>
          h(
            "li",
            {},
            h(
              "a",
              {href, "aria-current": href === here ? "page" : null},
              icon(glyph),
              h("span", {}, t(title)),
            ),
          ),
        ),
      ),
    ),
    h("div", {class: "content"}, h("h1", {}, heading), children),
  );
}

export const accountPage = (heading, ...children) =>
  layout(ACCOUNT_SECTIONS, t("account"), null, heading, ...children);

export const panel = (heading, ...children) =>
  h("section", {class: "panel"}, heading ? h("h2", {}, heading) : null, children);
