// The frame of every page: the name of the service at the top, links and switches at the bottom.

import {isAdmin, signOut} from "./api.js";
import {boot} from "./boot.js";
import {h, icon, replace} from "./dom.js";
import {notice} from "./notice.js";
import {languageChoice, themeButton} from "./preferences.js";
import {t} from "./text.js";

export function mark(size = 32) {
  if (boot.logo) return h("img", {src: boot.logo, alt: "", height: size, class: "logo"});
  return h("span", {class: "logo letter", "aria-hidden": "true"}, [...boot.name][0].toUpperCase());
}

export function fullName(user) {
  return [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username || user.email;
}

export function portrait(user, size = 36) {
  const letters = h(
    "span",
    {class: "portrait", "data-size": size, "aria-hidden": "true"},
    [...fullName(user)][0].toUpperCase(),
  );
  // A provider may have supplied a picture on another site. It is not loaded: that would tell the
  // site who is here.
  if (!user.avatar_url || new URL(user.avatar_url, location.origin).origin !== location.origin)
    return letters;
  return h("img", {
    class: "portrait",
    "data-size": size,
    width: size,
    height: size,
    alt: "",
    src: user.avatar_url,
    onerror: (event) => event.target.replaceWith(letters),
  });
}

export function drawFrame(user) {
  replace(
    document.getElementById("top"),
    h(
      "div",
      {class: "bar"},
      h(
        "a",
        {href: user ? "/account" : "/signin", class: "brand"},
        mark(),
        h("span", {}, boot.name),
      ),
      user ? menu(user) : null,
    ),
  );
  const foot = document.getElementById("foot");
  if (foot.childElementCount > 0) return;
  replace(
    foot,
    h(
      "div",
      {class: "bar"},
      h(
        "nav",
        {"aria-label": t("footer")},
        boot.links.map(({label, href}) => h("a", {href}, label)),
      ),
      h("div", {class: "switches"}, languageChoice(), themeButton()),
    ),
  );
}

function menu(user) {
  return h(
    "div",
    {class: "who"},
    isAdmin(user)
      ? h(
          "nav",
          {class: "areas", "aria-label": t("areas")},
          h(
            "a",
            {href: "/account", "data-area": "account"},
            icon("user", 18),
            h("span", {}, t("account")),
          ),
          h(
            "a",
            {href: "/admin", "data-area": "admin"},
            icon("gear", 18),
            h("span", {}, t("admin")),
          ),
        )
      : null,
    h(
      "span",
      {class: "name", title: user.email ?? ""},
      portrait(user, 32),
      h("span", {}, fullName(user)),
    ),
    h(
      "button",
      {
        type: "button",
        class: "quiet",
        id: "sign-out",
        "aria-label": t("sign_out"),
        onclick: async () => {
          try {
            await signOut();
            location.assign("/signin");
          } catch (error) {
            notice(error.message, "bad");
          }
        },
      },
      icon("out"),
      h("span", {}, t("sign_out")),
    ),
  );
}
