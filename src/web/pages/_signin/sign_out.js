// The address that applications link to for signing out: /signout?return_to=… A link of another
// site could sign people out against their will, so it only leads to a button. The server says
// whether the link was on this site.

import {signOut} from "../_core/api.js";
import {boot} from "../_core/boot.js";
import {h} from "../_core/dom.js";
import {action} from "../_core/form.js";
import {message} from "../_core/notice.js";
import {card, wayBack} from "../_core/router.js";
import {t} from "../_core/text.js";

export async function signOutPage({user}) {
  const target = wayBack() ?? "/signin";
  const leave = async () => {
    await signOut();
    location.replace(target);
  };
  if (!user) {
    if (wayBack()) location.replace(target);
    return card(
      "out",
      t("signout.done"),
      h(
        "p",
        {class: "actions"},
        h("a", {href: "/signin", class: "button primary"}, t("signin.submit")),
      ),
    );
  }
  if (boot.is_same_site) await leave();
  const problem = h("div");
  const button = async () => {
    problem.replaceChildren();
    try {
      await leave();
    } catch (error) {
      problem.replaceChildren(message("bad", error.message));
    }
  };
  return card(
    "out",
    t("signout.title"),
    h("p", {class: "lead"}, t("signout.text", {name: boot.name})),
    problem,
    h("div", {class: "actions"}, action(t("sign_out"), button, {kind: "primary"})),
    h("p", {}, h("a", {href: "/account"}, t("signout.stay"))),
  );
}
