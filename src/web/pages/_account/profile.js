// Name, picture and what others see.

import {
  call,
  drawFrame,
  field,
  form,
  fullName,
  get,
  h,
  localeField,
  message,
  moment,
  notice,
  replace,
  setUser,
  t,
  withProof,
} from "./core.js";
import {attributesPanel} from "./attributes.js";
import {choosePicture} from "./picture.js";
import {accountPage, leakedNotice, panel} from "./layout.js";
import {passkeyHint, signalNames} from "./passkeys.js";

export async function profile({user: me}) {
  const [user, {attributes: declared}, hint] = await Promise.all([
    get("users/me"),
    get("users/me/attributes"),
    passkeyHint(me),
  ]);
  const person = h("section", {class: "panel person"});
  const show = (now) => {
    setUser(now);
    drawFrame(now);
    replace(
      person,
      choosePicture(now, show),
      h(
        "div",
        {},
        h("h2", {}, fullName(now)),
        h("p", {class: "soft"}, now.email ?? t("profile.no_email")),
        h(
          "p",
          {class: "badges"},
          now.email
            ? h(
                "span",
                {class: now.email_verified ? "badge good" : "badge warn"},
                t(now.email_verified ? "profile.confirmed" : "profile.unconfirmed"),
              )
            : null,
          h(
            "span",
            {class: now.mfa_enabled ? "badge good" : "badge"},
            t(now.mfa_enabled ? "profile.mfa_on" : "profile.mfa_off"),
          ),
          now.roles.map((role) => h("span", {class: "badge"}, role)),
        ),
      ),
    );
  };
  show(user);
  const text = (name, more = {}) =>
    field({name, label: t(name), value: user[name] ?? "", maxlength: 100, plain: true, ...more});
  const details = form({
    kind: "grid",
    fields: [
      text("first_name", {autocomplete: "given-name"}),
      text("last_name", {autocomplete: "family-name"}),
      text("username", {
        autocomplete: "username",
        autocapitalize: "none",
        spellcheck: "false",
        required: !user.email,
        maxlength: 64,
      }),
      text("phone_number", {type: "tel", autocomplete: "tel", maxlength: 40}),
      localeField(user.locale),
    ],
    submit: t("save"),
    send: async (values) => {
      const now = await withProof(() => call("PATCH", "users/me", values));
      if (!now) return;
      show(now);
      notice(t("saved"));
      await signalNames(now);
    },
  });
  return accountPage(
    t("profile.title"),
    leakedNotice(user),
    user.email ? null : noEmail(),
    user.email && !user.email_verified ? message("info", t("profile.confirm_first")) : null,
    hint,
    person,
    panel(t("profile.details"), details),
    attributesPanel(t("attributes.title"), declared, user.attributes ?? {}, async (attributes) => {
      const now = await call("PATCH", "users/me", {attributes});
      show(now);
      return true;
    }),
    h(
      "p",
      {class: "soft small-print"},
      t("profile.since", {when: moment(user.created_at), id: user.id}),
    ),
  );
}

// Said before it is too late: a lost password is replaced by mail.
const noEmail = () =>
  message(
    "info",
    t("profile.add_email"),
    " ",
    h("a", {href: "/account/security"}, t("profile.add_email_link")),
  );
