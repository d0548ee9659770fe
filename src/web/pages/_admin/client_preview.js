// What a client gets for a person: the claims of its tokens, of which none is made.

import {form, get, h, has, newId, replace, secretBox, t} from "../_account/core.js";
import {signsIn} from "./client_members.js";
import {textField, ticksField} from "./fields.js";

const SUGGESTED = 8;
const OFFLINE = "offline_access"; // no claim comes with it

const loginOf = ({username, email, id}) => username || email || String(id);

const suggestion = (one) =>
  h("option", {value: loginOf(one)}, [one.first_name, one.last_name, one.email].join(" ").trim());

// A person, of whom the browser suggests those that a search finds.
function personField() {
  const list = h("datalist", {id: newId("people")});
  const one = textField({
    name: "user",
    label: t("preview.person"),
    hint: t("preview.person.hint"),
    required: true,
    list: list.id,
    after: list,
  });
  let waiting = 0;
  let asked = "";
  const suggest = async () => {
    const search = one.value();
    if (!search || search === asked || !one.input.isConnected) return;
    asked = search;
    const query = new URLSearchParams({search, limit: String(SUGGESTED)});
    const found = await get(`admin/users?${query}`).catch(() => null); // a help, no more
    if (asked !== search) return;
    if (found) replace(list, found.users.map(suggestion));
    else asked = "";
  };
  one.input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 250);
  });
  return one;
}

// The standard ones are those for which these pages have words.
const askableScopes = (client, {scopes_supported: known}) =>
  client.scopes.length > 0 ? client.scopes : known.filter((one) => has(`scope.${one}`));

function scopesField(scopes) {
  const one = ticksField({
    name: "scope",
    label: t("client.scopes"),
    options: scopes.map((scope) => [scope, scope]),
    value: scopes.filter((scope) => scope !== OFFLINE),
  });
  one.verify = () => {
    const is_missing = one.value().length === 0;
    one.complain(is_missing ? t("field.tick") : "");
    return !is_missing;
  };
  return one;
}

function claimsBox(label, claims) {
  const box = secretBox(JSON.stringify(claims, null, 2), label);
  box.classList.add("lines");
  return [h("p", {class: "label"}, label), box];
}

// Without openid a client gets neither an ID token nor anything from userinfo.
const shownClaims = (scopes, {id_token, userinfo, access_token}) => [
  scopes.includes("openid")
    ? [
        claimsBox(t("preview.id_token"), id_token),
        claimsBox(t("address.userinfo_endpoint"), userinfo),
      ]
    : null,
  claimsBox(t("preview.access_token"), access_token),
];

// `base` is the address of the client, `addresses` what the server publishes. Gives a function that
// makes the content of the panel for the client as it is now; the person stays. Null for a client
// that signs nobody in.
export function previewPanel(base, addresses) {
  const person = personField();
  return (client) => {
    if (!addresses || !signsIn(client)) return null;
    const shown = h("div", {tabindex: "-1", role: "group", "aria-label": t("preview.title")});
    const send = async ({user, scope}) => {
      const query = new URLSearchParams({user, scope: scope.join(" ")});
      replace(shown, shownClaims(scope, await get(`${base}/preview?${query}`)));
      shown.focus();
    };
    return [
      h("h2", {}, t("preview.title")),
      h("p", {class: "soft"}, t("preview.text")),
      form({
        fields: [person, scopesField(askableScopes(client, addresses))],
        submit: t("preview.show"),
        send,
      }),
      shown,
    ];
  };
}
