// The page for devices without a browser: a person types the code that the device shows, sees what
// asks and from where, and answers. A code in the address only fills in the form: nobody is led
// past the question by a link.

import {post} from "../_core/api.js";
import {boot} from "../_core/boot.js";
import {h, icon, replace} from "../_core/dom.js";
import {action, field, form} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {card, go, logoOf} from "../_core/router.js";
import {t} from "../_core/text.js";
import {accountOf, asked, documentsOf} from "./consent.js";

const MINUTE = 60_000;
// The application wants more than the account has.
const LACKS = {factor_missing: "plain.add_factor", passkey_missing: "plain.add_passkey"};

const glyphOf = (name, kind = "") => h("div", {class: `glyph ${kind}`}, icon(name, 26));

// The sign-in page, and back to the form with the code.
function signInAgain(code) {
  const back = `/device?user_code=${encodeURIComponent(code)}`;
  return `/signin?return_to=${encodeURIComponent(back)}&again=1`;
}

function draw(box, ...children) {
  replace(box, ...children);
  box.querySelector("h1").focus();
}

const heading = (text) => h("h1", {tabindex: "-1"}, text);

function showEnd(box, is_allowed) {
  draw(
    box,
    glyphOf(is_allowed ? "check" : "close", is_allowed ? "good" : ""),
    heading(t(is_allowed ? "device.allowed" : "device.denied")),
    h(
      "p",
      {class: "lead", role: "status"},
      t(is_allowed ? "device.allowed_text" : "device.denied_text"),
    ),
    h("p", {class: "actions"}, h("a", {href: "/account", class: "button"}, t("plain.account"))),
  );
}

function showQuestion(box, found, user) {
  const {client, user_code: code, address, asked_at: since} = found;
  const problem = h("div", {class: "problem"});
  const answer = (decision) => async () => {
    problem.replaceChildren();
    try {
      await post("oauth/device/answer", {user_code: code, decision});
      showEnd(box, decision === "allow");
    } catch (error) {
      if (error.code === "login_required") go(signInAgain(code));
      else problem.replaceChildren(message("bad", error.message));
    }
  };
  const minutes = Math.max(0, Math.floor((Date.now() - new Date(since).getTime()) / MINUTE));
  const documents = documentsOf(client);
  draw(
    box,
    client.logo_uri ? logoOf(client.logo_uri) : glyphOf("devices"),
    heading(t("device.asks", {name: client.name})),
    client.description ? h("p", {class: "lead"}, client.description) : null,
    found.is_stranger ? message("info", t("device.stranger", {name: client.name})) : null,
    message("info", t("device.warning", {service: boot.name})),
    h("p", {}, t("device.compare", {code})),
    h("p", {}, t("device.from", {address, minutes})),
    h("p", {}, t("consent.as", {account: accountOf(user)})),
    h("p", {}, h("a", {href: signInAgain(code)}, t("consent.switch"))),
    h("p", {}, t("consent.gets")),
    asked(found),
    problem,
    h(
      "div",
      {class: "actions"},
      action(t("device.allow"), answer("allow"), {kind: "primary"}),
      action(t("device.deny"), answer("deny")),
    ),
    documents.length > 0 ? h("ul", {class: "others"}, documents) : null,
  );
}

export function device({query, user}) {
  const code = field({
    name: "user_code",
    label: t("device.code"),
    value: query.get("user_code") ?? "",
    required: true,
    autofocus: true,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    class: "code",
    maxlength: 64,
  });
  const more = h("div");
  const box = card(
    "devices",
    t("device.title"),
    h("p", {class: "lead"}, t("device.text")),
    form({
      fields: [code],
      submit: t("plain.go_on"),
      send: async ({user_code}) => {
        more.replaceChildren();
        try {
          showQuestion(box, await post("oauth/device", {user_code}), user);
        } catch (error) {
          if (error.code === "login_required") return go(signInAgain(user_code));
          if (LACKS[error.code]) {
            more.replaceChildren(
              h("a", {href: "/account/security", class: "button"}, t(LACKS[error.code])),
            );
          }
          throw error;
        }
      },
    }),
    more,
  );
  return box;
}
