// Password, email, passkeys and second factors.

import {
  action,
  attempt,
  boot,
  call,
  codeField,
  confirm,
  confirmField,
  dialog,
  field,
  form,
  get,
  h,
  hasApp,
  message,
  newPasswordField,
  notice,
  post,
  replace,
  secretBox,
  setUser,
  showCodes,
  signsInBy,
  t,
  withProof,
} from "./core.js";
import {accountPage, leakedNotice, panel} from "./layout.js";
import {passkeyPanel} from "./passkeys.js";

export async function security() {
  const factors = panel(t("mfa.title"));
  const show = (now) =>
    replace(factors, h("h2", {}, t("mfa.title")), secondFactor(now, passkeys.hasKeys, draw));
  const draw = async () => {
    const now = await get("users/me");
    setUser(now);
    show(now);
  };
  const [user, passkeys] = await Promise.all([get("users/me"), passkeyPanel(draw)]);
  show(user);
  const leaked = leakedNotice(user);
  return accountPage(
    t("security.title"),
    leaked,
    signsInBy("password")
      ? panel(
          t("password.change"),
          passwordForm(user, () => leaked?.remove()),
        )
      : null,
    panel(t("email"), emailForm(user)),
    passkeys.element,
    factors,
  );
}

function passwordForm(user, whenChanged) {
  const current = field({
    name: "current_password",
    label: t("password.current"),
    type: "password",
    required: true,
    autocomplete: "current-password",
  });
  const fresh = newPasswordField({
    name: "new_password",
    known: () => [user.username, user.email?.split("@")[0], boot.name],
    least: user.mfa_enabled ? boot.min_length_factor : boot.min_length,
  });
  const again = confirmField(fresh);
  const made = form({
    account: user.username ?? user.email,
    fields: [current, fresh, again],
    submit: t("password.change"),
    send: async ({current_password, new_password}) => {
      const done = await withProof(() =>
        post("auth/password/change", {current_password, new_password}),
      );
      if (!done) return;
      made.reset();
      whenChanged();
      fresh.input.dispatchEvent(new Event("input"));
      notice(t("password.changed"));
    },
  });
  return [h("p", {class: "soft"}, t("password.change_text")), made];
}

function emailForm(user) {
  const email = field({
    name: "new_email",
    label: t("email.new"),
    type: "email",
    required: true,
    autocomplete: "email",
    maxlength: 254,
  });
  const where = h("div");
  return [
    h(
      "p",
      {class: "soft"},
      user.email ? t("email.now", {email: user.email}) : t("profile.no_email"),
    ),
    user.email && !user.email_verified
      ? h(
          "p",
          {},
          action(t("confirm.again"), () =>
            attempt(() => post("auth/email/resend", {email: user.email}), t("confirm.sent")),
          ),
        )
      : null,
    where,
    form({
      fields: [email],
      submit: t("email.change"),
      send: async (values, element) => {
        const done = await withProof(() => post("auth/email/change", values));
        if (!done) return;
        element.reset();
        replace(where, message("good", t("email.sent", {email: values.new_email})));
      },
    }),
  ];
}

function secondFactor(user, hasKeys, draw) {
  if (!hasApp(user)) {
    return [
      user.mfa_enabled
        ? h("p", {}, h("span", {class: "badge good"}, t("profile.mfa_on")), " ", t("mfa.key_text"))
        : h("p", {class: "soft"}, t("mfa.off_text")),
      action(
        t("mfa.add"),
        () =>
          attempt(async () => {
            const setup = await post("users/me/mfa/totp");
            const codes = await addApp(setup);
            if (codes) {
              await showCodes(codes);
              await draw();
            }
          }),
        {kind: "primary", glyph: "phone"},
      ),
    ];
  }
  return [
    h("p", {}, h("span", {class: "badge good"}, t("profile.mfa_on")), " ", t("mfa.on_text")),
    h(
      "div",
      {class: "row"},
      action(
        t("mfa.codes"),
        async () => {
          const made = await attempt(() => post("users/me/mfa/recovery-codes"));
          if (made) await showCodes(made.recovery_codes);
        },
        {glyph: "key"},
      ),
      action(
        t("mfa.remove"),
        async () => {
          const text = t(hasKeys() ? "mfa.remove_text_key" : "mfa.remove_text");
          if (!(await confirm(t("mfa.remove"), text, t("mfa.remove")))) return;
          if (await attempt(() => call("DELETE", "users/me/mfa/totp"), t("mfa.removed")))
            await draw();
        },
        {kind: "danger"},
      ),
    ),
  ];
}

// Resolves with the recovery codes once the app's first code was right.
function addApp(setup) {
  return dialog(t("mfa.add"), (close) => {
    const code = codeField({label: t("mfa.first_code")});
    return [
      h(
        "ol",
        {class: "steps"},
        h(
          "li",
          {},
          t("mfa.scan"),
          h("img", {
            class: "qr",
            alt: t("mfa.qr"),
            width: 200,
            height: 200,
            src: `data:image/svg+xml,${encodeURIComponent(setup.qr_svg)}`,
          }),
          h(
            "details",
            {},
            h("summary", {}, t("mfa.cannot_scan")),
            h("p", {class: "note"}, t("mfa.type")),
            secretBox(setup.secret, t("mfa.secret")),
          ),
        ),
        h("li", {}, t("mfa.then")),
      ),
      form({
        fields: [code],
        submit: t("mfa.confirm"),
        send: async (values) => {
          const done = await post("users/me/mfa/totp/confirm", {
            code: values.code.replaceAll(" ", ""),
          });
          close(done.recovery_codes);
        },
      }),
    ];
  });
}
