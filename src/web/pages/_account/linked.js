// Providers that this person can sign in with.

import {
  action,
  attempt,
  boot,
  call,
  confirm,
  day,
  get,
  h,
  message,
  path,
  providerMark,
  replace,
  t,
} from "./core.js";
import {accountPage, panel} from "./layout.js";

// Linking starts here and comes back here.
const LINK = "session=cookie&page=/account/linked&return_to=/account/linked";

// A provider, and the account there if there is one.
export const identityRow = (name, label, identity, button) =>
  h(
    "li",
    {class: "item"},
    providerMark(name, label, "item-icon"),
    h(
      "div",
      {class: "item-text"},
      h("p", {class: "item-title"}, label),
      h(
        "p",
        {class: "soft"},
        identity
          ? t("linked.as", {
              email: identity.email || identity.subject,
              when: day(identity.created_at),
            })
          : t("linked.not"),
      ),
    ),
    button,
  );

export async function linked({query}) {
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const {identities} = await get("users/me/identities");
    const rows = [
      ...boot.providers.map(({name, label}) => ({
        name,
        label,
        identity: identities.find((one) => one.provider === name),
      })),
      ...identities
        .filter((one) => !boot.providers.some(({name}) => name === one.provider))
        .map((identity) => ({name: identity.provider, label: identity.label, identity})),
    ];
    replace(
      list,
      rows.map(({name, label, identity}) =>
        identityRow(
          name,
          label,
          identity,
          identity
            ? action(
                t("linked.remove"),
                async () => {
                  if (
                    !(await confirm(
                      t("linked.remove"),
                      t("linked.remove_text", {label}),
                      t("linked.remove"),
                    ))
                  )
                    return;
                  if (
                    await attempt(
                      () => call("DELETE", path`users/me/identities/${name}`),
                      t("linked.removed"),
                    )
                  )
                    await draw();
                },
                {kind: "small", name: `${t("linked.remove")}: ${label}`},
              )
            : action(
                t("linked.add"),
                () =>
                  attempt(async () => {
                    const start = await get(`${path`auth/providers/${name}/start`}?${LINK}`);
                    location.assign(start.authorization_url);
                  }),
                {kind: "small", name: `${t("linked.add")}: ${label}`},
              ),
        ),
      ),
    );
    if (rows.length === 0) replace(list, h("li", {class: "empty"}, t("linked.none")));
  };
  await draw();
  const error = query.get("error");
  if (error) history.replaceState(history.state, "", "/account/linked");
  return accountPage(
    t("linked.title"),
    error ? message("bad", t("linked.failed")) : null,
    panel(null, h("p", {class: "soft"}, t("linked.text")), list),
  );
}
