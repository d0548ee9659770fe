// Mails that wait to be sent, and those that could not be.

import {action, ago, attempt, call, confirm, get, h, has, path, post, t} from "../_account/core.js";
import {adminPage, table} from "./layout.js";

export async function mail({query}) {
  const only_dead = query.get("dead") === "true";
  const list = table(t("mail.title"), ["mail.to", "mail.kind", "user.state", "audit.when", ""], {
    empty: t("mail.none"),
  });
  const draw = async () =>
    list.show(
      (await get(`admin/mail?limit=200${only_dead ? "&dead=true" : ""}`)).mails.map((one) => [
        one.to,
        has(`mail.kind.${one.kind}`) ? t(`mail.kind.${one.kind}`) : one.kind,
        [
          h(
            "span",
            {class: one.dead ? "badge bad" : "badge"},
            t(one.dead ? "mail.dead" : "mail.waiting"),
          ),
          one.last_error ? h("small", {class: "soft"}, one.last_error) : null,
        ],
        ago(one.created_at),
        h(
          "div",
          {class: "row tight"},
          action(
            t("mail.retry"),
            async () => {
              if (
                await attempt(
                  () => post(path`admin/mail/${one.id}/retry`, undefined),
                  t("mail.retried"),
                )
              )
                await draw();
            },
            {kind: "small", name: `${t("mail.retry")}: ${one.to}`},
          ),
          action(
            t("delete"),
            async () => {
              if (
                !(await confirm(t("mail.delete"), t("mail.delete_text", {to: one.to}), t("delete")))
              )
                return;
              if (await attempt(() => call("DELETE", path`admin/mail/${one.id}`), t("deleted")))
                await draw();
            },
            {kind: "small", name: `${t("delete")}: ${one.to}`},
          ),
        ),
      ]),
    );
  await draw();
  const tab = (href, label, here) => h("a", {href, "aria-current": here ? "page" : null}, label);
  return adminPage(
    t("mail.title"),
    h("p", {class: "soft"}, t("mail.text")),
    h(
      "nav",
      {class: "tabs", "aria-label": t("mail.title")},
      tab("/admin/mail", t("mail.all"), !only_dead),
      tab("/admin/mail?dead=true", t("mail.dead"), only_dead),
    ),
    list.element,
  );
}
