// Keys for programs that act for this person.

import {
  action,
  day,
  dialog,
  field,
  form,
  get,
  h,
  notice,
  path,
  post,
  replace,
  showOnce,
  t,
  tn,
  withProof,
} from "./core.js";
import {keyRow, revokeButton} from "./key_row.js";
import {accountPage, panel} from "./layout.js";

const DAY = 86400;
const LIVES = [30, 90, 180, 365];
const SCOPES = ["verify", "profile:read", "admin:read", "admin"];

// A key in a list, with a button that revokes it. `base` is the address of the list.
export function apiKeyRow(one, base, draw) {
  const used = one.last_used ? t("key.used", {when: day(one.last_used)}) : t("key.never_used");
  const dates = t("key.dates", {created: day(one.created_at), expires: day(one.expires_at)});
  const question = [t("key.revoke"), t("key.revoke_text", {name: one.name})];
  return keyRow(
    [one.name, one.scopes.map((scope) => h("span", {class: "badge"}, scope))],
    `${dates} · ${used}`,
    revokeButton(`${base}${path`/${one.id}`}`, one.name, question, draw),
  );
}

export function apiKeyList(base) {
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const {api_keys: keys} = await get(base);
    replace(
      list,
      keys.length > 0
        ? keys.map((one) => apiKeyRow(one, base, draw))
        : h("li", {class: "empty"}, t("api_keys.none")),
    );
  };
  return {element: list, draw};
}

// Only an administrator's key may reach administration.
const scopesOf = (user) =>
  SCOPES.filter((scope) => !scope.startsWith("admin") || user.roles.includes("admin"));

function addKey(user) {
  return dialog(t("api_keys.add"), (close) =>
    form({
      fields: [
        field({
          name: "name",
          label: t("key.name"),
          hint: t("key.name_hint"),
          required: true,
          autocomplete: "off",
          maxlength: 100,
        }),
        field({
          name: "scope",
          label: t("key.scope"),
          options: scopesOf(user).map((scope) => [scope, t(`key.scope.${scope}`)]),
        }),
        field({
          name: "days",
          label: t("key.life"),
          value: "90",
          options: LIVES.map((days) => [String(days), tn("key.days", days)]),
        }),
      ],
      submit: t("api_keys.add"),
      send: async ({name, scope, days}) => {
        const asked = {name, scopes: [scope], expires_in: Number(days) * DAY};
        const made = await withProof(() => post("users/me/api-keys", asked));
        if (made) close(made);
      },
    }),
  );
}

export async function apiKeys({user}) {
  const list = apiKeyList("users/me/api-keys");
  await list.draw();
  return accountPage(
    t("api_keys.title"),
    panel(
      null,
      h("p", {class: "soft"}, t("api_keys.text")),
      list.element,
      action(
        t("api_keys.add"),
        async () => {
          const made = await addKey(user);
          if (!made) return;
          await list.draw();
          await showOnce(made.name, t("key.once"), [[t("key.text"), made.api_key]]);
          notice(t("saved"));
        },
        {kind: "primary", glyph: "key"},
      ),
    ),
  );
}
