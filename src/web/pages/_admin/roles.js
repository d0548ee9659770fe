// Roles and what they allow.

import {
  action,
  day,
  dialog,
  field,
  form,
  get,
  h,
  notice,
  post,
  t,
  withProof,
} from "../_account/core.js";
import {adminPage, table} from "./layout.js";

export async function roles() {
  const list = table(t("roles.title"), [
    "role",
    "role.description",
    "role.permissions",
    "user.created",
  ]);
  const draw = async () =>
    list.show(
      (await get("admin/roles")).roles.map((one) => [
        h("strong", {}, one.name),
        one.description || "–",
        one.permissions.length > 0
          ? h(
              "span",
              {class: "badges"},
              one.permissions.map((text) => h("span", {class: "badge"}, text)),
            )
          : "–",
        day(one.created_at),
      ]),
    );
  await draw();
  return adminPage(
    t("roles.title"),
    h(
      "div",
      {class: "toolbar"},
      h("p", {class: "soft"}, t("roles.text")),
      action(
        t("roles.add"),
        async () => {
          const made = await dialog(t("roles.add"), (close) =>
            form({
              fields: [
                field({
                  name: "name",
                  label: t("role"),
                  required: true,
                  autocapitalize: "none",
                  spellcheck: "false",
                  autocomplete: "off",
                }),
                field({
                  name: "description",
                  label: t("role.description"),
                  maxlength: 500,
                  autocomplete: "off",
                }),
                field({
                  name: "permissions",
                  label: t("role.permissions"),
                  hint: t("role.permissions_hint"),
                  autocomplete: "off",
                  spellcheck: "false",
                }),
              ],
              submit: t("roles.add"),
              send: async ({name, description, permissions}) => {
                const added = await withProof(() =>
                  post("admin/roles", {
                    name,
                    description,
                    permissions: permissions.split(/[\s,]+/).filter(Boolean),
                  }),
                );
                if (added) close(added);
              },
            }),
          );
          if (!made) return;
          notice(t("saved"));
          await draw();
        },
        {kind: "primary", glyph: "badge"},
      ),
    ),
    list.element,
  );
}
