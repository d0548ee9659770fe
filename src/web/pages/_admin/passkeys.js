// The passkeys of an account, and the link with which its owner makes a new one.

import {action, attempt, boot, get, h, post, replace, showOnce, t} from "../_account/core.js";
import {panel} from "../_account/layout.js";
import {passkeyRow, removePasskey} from "../_account/passkeys.js";

// {element, draw}
export function userPasskeys(base, name) {
  const address = `${base}/passkeys`;
  const list = h("ul", {class: "items"});
  const remove = (one) =>
    removePasskey(address, one, t("user.passkey_remove_text", {name, passkey: one.name}));
  const change = async (act) => {
    if (await act()) await draw();
  };
  const draw = async () => {
    const {passkeys, rp_id: here} = await get(address);
    replace(
      list,
      passkeys.length > 0
        ? passkeys.map((one) => passkeyRow(one, here, change, [[t("passkeys.remove"), remove]]))
        : h("li", {class: "empty"}, t("passkeys.none")),
    );
  };
  const makeLink = async () => {
    const made = await attempt(() => post(`${base}/enroll-link`));
    if (!made) return;
    const secrets = [[t("user.enroll_link"), made.url]];
    await showOnce(t("user.enroll_title"), t("user.enroll_text", {name}), secrets);
  };
  const link = boot.passkeys
    ? [
        h("p", {class: "soft"}, t("user.enroll_about")),
        action(t("user.enroll"), makeLink, {kind: "small", glyph: "link"}),
      ]
    : [];
  return {element: panel(t("passkeys.title"), list, ...link), draw};
}
