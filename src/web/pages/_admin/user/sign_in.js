// The tab "Sign-in" of an account: its password, second factors, passkeys and linked accounts.

import {
  action,
  attempt,
  call,
  confirm,
  day,
  fullName,
  get,
  h,
  number,
  path,
  replace,
  t,
} from "../../_account/core.js";
import {panel} from "../../_account/layout.js";
import {identityRow} from "../../_account/linked.js";
import {userPasskeys} from "../passkeys.js";
import {actionRow, change, ownAccount} from "./rows.js";

export async function signInTab(account) {
  const password = h("ul", {class: "items"});
  const factors = h("ul", {class: "items"});
  const passkeys = userPasskeys(account.base, fullName(account.now));
  const linked = linkedList(account);
  const draw = async () => {
    const [access] = await Promise.all([
      get(`${account.base}/access`),
      passkeys.draw(),
      linked.draw(),
    ]);
    replace(password, passwordRow(account, access), newPasswordRow(account, access, draw));
    replace(factors, factorRow(account, access, draw));
  };
  await draw();
  return [
    account.is_own ? ownAccount() : null,
    panel(t("password"), password),
    panel(t("mfa.title"), factors),
    passkeys.element,
    panel(t("linked.title"), linked.element),
  ];
}

function passwordRow(account, access) {
  const {email} = account.now;
  const can_reset = email && !account.is_own;
  return actionRow(
    [
      access.has_password
        ? t("user.password_set", {when: day(access.password_changed_at)})
        : t("user.password_none"),
      access.password_leaked_at ? t("user.password_leaked") : null,
      can_reset ? t("user.reset_about", {email}) : null,
    ],
    can_reset
      ? change(account, "user.reset", "password-reset", {
          glyph: "mail",
          sure: "user.reset_text",
          done: "user.reset_done",
        })
      : null,
  );
}

// Whether the next sign-in asks for a new password.
function newPasswordRow(account, access, draw) {
  if (!access.has_password || account.is_own) return null;
  const {must_change_password: is_required} = account.now;
  const what = is_required ? "waive" : "require";
  const set = async () => {
    const wanted = {must_change_password: !is_required};
    const changed = await attempt(() => call("PATCH", account.base, wanted), t("saved"));
    if (!changed) return;
    await account.show(changed);
    await draw();
  };
  return actionRow(
    t(`user.new_password_${what}_about`),
    action(t(`user.new_password_${what}`), set, {kind: "small"}),
  );
}

function factorRow(account, access, draw) {
  const {mfa_enabled: has_factor} = account.now;
  const can_reset = has_factor && !account.is_own;
  return actionRow(
    [
      access.totp_enabled ? t("user.has_app") : null,
      access.security_keys > 0
        ? t("user.security_keys", {count: number(access.security_keys)})
        : null,
      has_factor ? null : t("profile.mfa_off"),
      access.recovery_codes > 0
        ? t("user.recovery_codes", {count: number(access.recovery_codes)})
        : null,
      can_reset ? t("user.mfa_reset_about") : null,
    ],
    can_reset
      ? change(account, "user.mfa_reset", "mfa/reset", {
          sure: "user.mfa_reset_text",
          kind: "danger",
          after: draw,
        })
      : null,
  );
}

function linkedList({base, now}) {
  const element = h("ul", {class: "items"});
  const draw = async () => {
    const {identities} = await get(`${base}/identities`);
    replace(
      element,
      identities.length === 0
        ? h("li", {class: "empty"}, t("user.linked_none"))
        : identities.map((one) => identityRow(one.provider, one.label, one, unlinkButton(one))),
    );
  };
  const unlinkButton = ({provider, label}) =>
    action(
      t("linked.remove"),
      async () => {
        const text = t("user.unlink_text", {name: fullName(now), label});
        if (!(await confirm(t("linked.remove"), text, t("linked.remove")))) return;
        const unlink = () => call("DELETE", `${base}${path`/identities/${provider}`}`);
        if (await attempt(unlink, t("linked.removed"))) await draw();
      },
      {kind: "small", name: `${t("linked.remove")}: ${label}`},
    );
  return {element, draw};
}
