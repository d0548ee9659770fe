// The tokens with which programs register clients by themselves.

import {
  action,
  day,
  dialog,
  form,
  get,
  h,
  path,
  post,
  replace,
  showOnce,
  t,
  tn,
  withProof,
} from "../_account/core.js";
import {keyRow, revokeButton} from "../_account/key_row.js";
import {discovered} from "./client_addresses.js";
import {choiceField, textField} from "./fields.js";
import {failure} from "./tabs.js";

const TOKEN_LIVES = ["1d", "7d", "30d", "90d", "365d"];

// The panel says itself what goes wrong in it: the clients beside it stay.
export async function registrationTokens() {
  const panel = h("section", {class: "panel"});
  const show = async () => {
    const shown = await tokens().catch((error) => {
      if (error.status === undefined) console.error(error);
      return failure(error, show);
    });
    replace(panel, h("h2", {}, t("registration.title")), shown);
  };
  await show();
  return panel;
}

async function tokens() {
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const {registration_tokens: all} = await get("admin/registration-tokens");
    replace(
      list,
      all.length > 0
        ? all.map((one) => tokenItem(one, draw))
        : h("li", {class: "empty"}, t("registration.none")),
    );
  };
  const [found] = await Promise.all([discovered(), draw()]);
  const is_on = Boolean(found?.registration_endpoint);
  return [
    h("p", {class: "soft"}, t(is_on ? "registration.text" : "registration.off")),
    list,
    is_on ? action(t("registration.add"), () => addToken(draw), {glyph: "key"}) : null,
  ];
}

function tokenItem(one, draw) {
  const left = tn("registration.left", one.uses_left);
  const ends = t("secret.ends", {when: day(one.expires_at)});
  const question = [t("registration.revoke"), t("registration.revoke_text")];
  return keyRow(
    one.name,
    `${left} · ${ends}`,
    revokeButton(path`admin/registration-tokens/${one.id}`, one.name, question, draw),
  );
}

async function addToken(draw) {
  const made = await dialog(t("registration.add"), tokenForm);
  if (!made) return;
  await draw();
  await showOnce(made.name, t("registration.once"), [[t("registration.token"), made.token]]);
}

const tokenForm = (close) =>
  form({
    fields: [
      textField({name: "name", label: t("registration.name"), required: true, maxlength: 100}),
      textField({
        name: "uses",
        label: t("registration.uses"),
        value: "1",
        inputmode: "numeric",
        required: true,
      }),
      choiceField({
        name: "expires_in",
        label: t("key.life"),
        value: "30d",
        options: TOKEN_LIVES.map((life) => [life, tn("key.days", parseInt(life, 10))]),
      }),
    ],
    submit: t("registration.add"),
    send: async ({uses, ...values}) => {
      const asked = {...values, uses: Math.trunc(Number(uses)) || 0};
      const made = await withProof(() => post("admin/registration-tokens", asked));
      if (made) close(made);
    },
  });
