// Downloading the data that the server has about this person; and deleting the account.

import {action, attempt, call, confirmByName, forget, get, h, t} from "./core.js";
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
  const gone = await confirmByName(
    t("data.delete"),
    t("data.delete_warning"),
    user.username ?? user.email,
    t("data.delete_now"),
    async () => {
      await call("DELETE", "users/me");
      return true;
    },
  );
  if (!gone) return;
  forget();
  location.assign("/signin");
}
