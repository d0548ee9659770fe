// Downloading the data that the server has about this person; and deleting the account.

import {
  action,
  attempt,
  call,
  dialog,
  field,
  forget,
  form,
  get,
  h,
  message,
  t,
  withProof,
} from "./core.js";
import {accountPage, panel} from "./layout.js";

export async function personalData({user}) {
  return accountPage(
    t("data.title"),
    panel(
      t("data.download"),
      h("p", {class: "soft"}, t("data.download_text")),
      action(
        t("data.download"),
        () =>
          attempt(async () => {
            const address = URL.createObjectURL(
              new Blob([JSON.stringify(await get("users/me/export"), null, 2)], {
                type: "application/json",
              }),
            );
            h("a", {href: address, download: `${user.username ?? user.id}.json`}).click();
            setTimeout(() => URL.revokeObjectURL(address), 10_000);
          }, t("data.downloaded")),
        {glyph: "data"},
      ),
    ),
    panel(
      t("data.delete"),
      h("p", {class: "soft"}, t("data.delete_text")),
      action(t("data.delete"), () => remove(user), {kind: "danger"}),
    ),
  );
}

async function remove(user) {
  const name = user.username ?? user.email;
  const gone = await dialog(t("data.delete"), (close) => {
    const typed = field({
      name: "typed",
      label: t("data.type", {name}),
      required: true,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      check: (value) => (value.trim() === name ? "" : t("data.type_wrong")),
    });
    return [
      message("bad", t("data.delete_warning")),
      form({
        fields: [typed],
        submit: t("data.delete_now"),
        danger: true,
        send: async () => {
          if (await withProof(() => call("DELETE", "users/me"))) close(true);
        },
      }),
    ];
  });
  if (!gone) return;
  forget();
  location.assign("/signin");
}
