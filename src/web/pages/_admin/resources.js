// The APIs for which clients get tokens.

import {
  action,
  attempt,
  call,
  confirm,
  dialog,
  form,
  get,
  h,
  notice,
  post,
  row,
  t,
  withProof,
} from "../_account/core.js";
import {durationField, linesField, textField} from "./fields.js";
import {adminPage, none, table} from "./layout.js";

const badgesOf = (words) =>
  words.length > 0
    ? h(
        "span",
        {class: "badges"},
        words.map((word) => h("span", {class: "badge"}, word)),
      )
    : none();

export async function resources() {
  const columns = [
    "client.name",
    "resource.identifier",
    "resource.scopes",
    "resource.access_ttl",
    "",
  ];
  const list = table(t("resources.title"), columns, {
    kind: "resources",
    empty: t("resources.none"),
  });
  const draw = async () =>
    list.show((await get("admin/resources")).resources.map((one) => resourceRow(one, draw)));
  await draw();
  return adminPage(
    t("resources.title"),
    h(
      "div",
      {class: "toolbar"},
      h("p", {class: "soft"}, t("resources.text")),
      action(
        t("resources.add"),
        async () => {
          if (!(await askResource(t("resources.add"), null))) return;
          notice(t("saved"));
          await draw();
        },
        {kind: "primary", glyph: "globe"},
      ),
    ),
    list.element,
  );
}

function resourceRow(one, draw) {
  const change = async () => {
    if (!(await askResource(one.name, one))) return;
    notice(t("saved"));
    await draw();
  };
  const remove = async () => {
    const text = t("resources.delete_text", {name: one.name});
    if (!(await confirm(t("resources.delete"), text, t("delete")))) return;
    const at = `admin/resources?identifier=${encodeURIComponent(one.identifier)}`;
    if (await attempt(() => call("DELETE", at), t("deleted"))) await draw();
  };
  return [
    h("strong", {}, one.name),
    h("code", {}, one.identifier),
    badgesOf(one.scopes),
    one.access_ttl === "0" ? none() : one.access_ttl,
    row(
      action(t("resources.change"), change, {
        kind: "small",
        name: `${t("resources.change")}: ${one.name}`,
      }),
      action(t("delete"), remove, {kind: "small", name: `${t("delete")}: ${one.name}`}),
    ),
  ];
}

// `one`: what to change; null for a new one.
function askResource(title, one) {
  const fields = [
    one === null
      ? textField({
          name: "identifier",
          label: t("resource.identifier"),
          hint: t("resource.identifier_hint"),
          required: true,
          maxlength: 400,
          inputmode: "url",
        })
      : null,
    textField({
      name: "name",
      label: t("client.name"),
      required: true,
      maxlength: 100,
      value: one?.name,
    }),
    linesField({
      name: "scopes",
      label: t("resource.scopes"),
      hint: t("resource.scopes_hint"),
      value: one?.scopes,
    }),
    durationField({
      name: "access_ttl",
      label: t("client.access_ttl"),
      hint: t("resource.access_ttl_hint"),
      value: one?.access_ttl,
    }),
  ].filter(Boolean);
  return dialog(title, (close) =>
    form({
      fields,
      submit: one === null ? t("resources.add") : t("save"),
      send: async (values) => {
        const done = await withProof(() =>
          one === null
            ? post("admin/resources", values)
            : call("PATCH", "admin/resources", {identifier: one.identifier, ...values}),
        );
        if (done) close(done);
      },
    }),
  );
}
