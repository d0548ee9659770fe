// Links with which people who are invited create their accounts.

import {
  action,
  attempt,
  call,
  confirm,
  dialog,
  form,
  get,
  h,
  moment,
  notice,
  number,
  path,
  post,
  row,
  showOnce,
  t,
  withProof,
} from "../_account/core.js";
import {reason} from "./bulk.js";
import {choiceField, linesField, textField, ticksField} from "./fields.js";
import {adminPage, none, table} from "./layout.js";

export async function invitations() {
  const columns = [
    "email",
    "invitations.roles",
    "invitations.used",
    "invitations.expires",
    "actions",
  ];
  const list = table(t("invitations.title"), columns, {
    kind: "invitations",
    empty: t("invitations.none"),
  });
  const draw = async () =>
    list.show((await get("admin/invitations")).invitations.map((one) => rowOf(one, draw)));
  await draw();
  return adminPage(
    t("invitations.title"),
    h(
      "div",
      {class: "toolbar"},
      h("p", {class: "soft"}, t("invitations.text")),
      action(
        t("invitations.add"),
        async () => {
          if (await askInvitation()) await draw();
        },
        {kind: "primary", glyph: "mail"},
      ),
    ),
    list.element,
  );
}

function rowOf(one, draw) {
  const revoke = async () => {
    if (!(await confirm(t("invitations.revoke"), t("invitations.revoke_text"), t("key.revoke"))))
      return;
    const at = path`admin/invitations/${one.id}`;
    if (await attempt(() => call("DELETE", at), t("deleted"))) await draw();
  };
  const whom = one.email ?? t("invitations.anybody");
  return [
    h("strong", {}, whom),
    one.roles.length > 0 ? one.roles.join(", ") : none(),
    t("invitations.used_of", {used: number(one.used), uses: number(one.uses)}),
    moment(one.expires_at),
    row(action(t("key.revoke"), revoke, {kind: "small", name: `${t("key.revoke")}: ${whom}`})),
  ];
}

const INVITATION_LIVES = ["1d", "7d", "30d", "90d"];
const days = new Intl.NumberFormat(document.documentElement.lang, {
  style: "unit",
  unit: "day",
  unitDisplay: "long",
});

// The links, if they are not mailed, and what else came of it.
async function showMany({results, unchanged}) {
  const invited = results.filter((one) => one.outcome === "invited");
  const refused = results.filter((one) => one.outcome === "refused");
  const links = invited.filter((one) => one.url).map((one) => [one.email, one.url]);
  if (links.length > 0) await showOnce(t("invitations.made"), t("invitations.made_many"), links);
  if (refused.length === 0 && unchanged === 0) {
    notice(t("invitations.invited", {count: number(invited.length)}));
    return;
  }
  await dialog(t("invitations.add"), (close) => [
    h("p", {}, t("invitations.invited", {count: number(invited.length)})),
    unchanged > 0 ? h("p", {}, t("bulk.unchanged", {count: number(unchanged)})) : null,
    refused.length > 0
      ? [
          h("p", {}, t("bulk.refused", {count: number(refused.length)})),
          h(
            "ul",
            {class: "refusals"},
            refused.map((one) => h("li", {}, h("strong", {}, one.email), " ", reason(one))),
          ),
        ]
      : null,
    h(
      "div",
      {class: "actions"},
      h("button", {type: "button", class: "primary", onclick: () => close()}, t("close")),
    ),
  ]);
}

// True once there is a new one.
export async function askInvitation() {
  const {roles} = await get("admin/roles");
  const names = roles.map(({name}) => name).filter((name) => name !== "user");
  const fields = [
    linesField({name: "email", label: t("email"), hint: t("invitations.email_hint")}),
    choiceField({
      name: "send",
      label: t("invitations.how"),
      value: "link",
      options: [
        ["link", t("invitations.by_link")],
        ["mail", t("invitations.by_mail")],
      ],
    }),
    ticksField({
      name: "roles",
      label: t("invitations.roles"),
      options: names.map((name) => [name, name]),
    }),
    choiceField({
      name: "expires_in",
      label: t("invitations.life"),
      value: "7d",
      options: INVITATION_LIVES.map((life) => [life, days.format(parseInt(life, 10))]),
    }),
    textField({name: "uses", label: t("invitations.uses"), value: "1", inputmode: "numeric"}),
  ];
  const made = await dialog(t("invitations.add"), (close) =>
    form({
      fields,
      submit: t("invitations.add"),
      send: async ({email: emails, send, uses, ...others}) => {
        const wanted = {...others, send_mail: send === "mail"};
        const one = {...wanted, uses: Number(uses), ...(emails[0] ? {email: emails[0]} : {})};
        const done = await withProof(() =>
          emails.length > 1
            ? post("admin/invitations/bulk", {...wanted, emails})
            : post("admin/invitations", one),
        );
        if (done) close(done);
      },
    }),
  );
  if (!made) return false;
  if (made.results) {
    await showMany(made);
  } else if (made.url) {
    await showOnce(t("invitations.made"), t("invitations.made_text"), [
      [t("invitations.link"), made.url],
    ]);
  } else {
    notice(t("invitations.mailed", {email: made.email}));
  }
  return true;
}
