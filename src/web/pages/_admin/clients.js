// Programs that check tokens.

import {
  action,
  attempt,
  call,
  confirm,
  day,
  dialog,
  field,
  form,
  get,
  h,
  path,
  post,
  showOnce,
  t,
  withProof,
} from "../_account/core.js";
import {adminPage, table} from "./layout.js";

export async function clients() {
  const list = table(t("clients.title"), ["client", "client.id", "user.created", ""], {
    empty: t("clients.none"),
  });
  const draw = async () =>
    list.show(
      (await get("admin/clients")).clients.map((one) => [
        h("strong", {}, one.name),
        h("code", {}, one.client_id),
        day(one.created_at),
        action(
          t("delete"),
          async () => {
            if (
              !(await confirm(
                t("clients.delete"),
                t("clients.delete_text", {name: one.name}),
                t("delete"),
              ))
            )
              return;
            if (
              await attempt(
                () => call("DELETE", path`admin/clients/${one.client_id}`),
                t("deleted"),
              )
            )
              await draw();
          },
          {kind: "small", name: `${t("delete")}: ${one.name}`},
        ),
      ]),
    );
  await draw();
  return adminPage(
    t("clients.title"),
    h(
      "div",
      {class: "toolbar"},
      h("p", {class: "soft"}, t("clients.text")),
      action(
        t("clients.add"),
        async () => {
          const made = await dialog(t("clients.add"), (close) =>
            form({
              fields: [
                field({
                  name: "name",
                  label: t("client"),
                  required: true,
                  autocomplete: "off",
                  maxlength: 100,
                }),
              ],
              submit: t("clients.add"),
              send: async (values) => {
                const added = await withProof(() => post("admin/clients", values));
                if (added) close(added);
              },
            }),
          );
          if (!made) return;
          await draw();
          await showOnce(made.name, t("clients.secret_once"), [
            [t("client.id"), made.client_id],
            [t("client.secret"), made.client_secret],
          ]);
        },
        {kind: "primary", glyph: "app"},
      ),
    ),
    list.element,
  );
}
