// The secrets of a client: a second one lets the application change over without a pause.

import {
  action,
  day,
  dialog,
  field,
  form,
  h,
  path,
  post,
  showOnce,
  t,
  tn,
  withProof,
} from "../_account/core.js";
import {keyRow, revokeButton} from "../_account/key_row.js";

const SECRET_LIVES = ["30d", "90d", "180d", "365d"];

// The id of the secret that comes from the configuration.
const CONFIGURED = "configuration";

const hasEnded = (one) => Boolean(one.expires_at) && new Date(one.expires_at) <= new Date();

export function secretList(base, now, reload) {
  return [
    h("h2", {}, t("secrets.title")),
    h("p", {class: "soft"}, t("secrets.text")),
    h(
      "ul",
      {class: "items"},
      now.secrets.length === 0 ? h("li", {class: "empty"}, t("secrets.none")) : null,
      now.secrets.map((one) =>
        secretItem(base, one, reload, now.configured && one.id === CONFIGURED),
      ),
    ),
    action(
      t("secrets.add"),
      async () => {
        const made = await addSecret(base);
        if (!made) return;
        await reload();
        await showOnce(now.name, t("clients.secret_once"), [
          [t("client.secret"), made.client_secret],
        ]);
      },
      {glyph: "key"},
    ),
  ];
}

function secretItem(base, one, reload, is_kept) {
  const created = t("secret.created", {when: day(one.created_at)});
  const ends = one.expires_at
    ? t("secret.ends", {when: day(one.expires_at)})
    : t("secret.never_ends");
  const address = `${base}${path`/secrets/${one.id}`}`;
  const question = [t("secrets.revoke"), t("secrets.revoke_text")];
  return keyRow(
    [
      h("code", {}, one.id),
      hasEnded(one) ? h("span", {class: "badge bad"}, t("secret.ended")) : null,
    ],
    `${created} · ${ends}`,
    is_kept ? null : revokeButton(address, one.id, question, reload),
  );
}

function addSecret(base) {
  return dialog(t("secrets.add"), (close) =>
    form({
      fields: [
        field({
          name: "expires_in",
          label: t("key.life"),
          options: [
            ["0", t("secret.never_ends")],
            ...SECRET_LIVES.map((life) => [life, tn("key.days", parseInt(life, 10))]),
          ],
        }),
      ],
      submit: t("secrets.add"),
      send: async (values) => {
        const made = await withProof(() => post(`${base}/secrets`, values));
        if (made) close(made);
      },
    }),
  );
}
