// What an application was told of sign-outs, and what it is still to be told.

import {action, ago, attempt, get, h, path, post, t} from "../_account/core.js";
import {table} from "./layout.js";

const BADGES = {waiting: "badge", delivered: "badge good", dead: "badge bad"};

// Nothing where there is nothing to tell. `base` is the address of the client.
export async function logoutList(base, now) {
  const {logouts} = await get(`${base}/logouts?limit=50`);
  if (!now.backchannel_logout_uri && logouts.length === 0) return null;
  const list = table(t("logouts.title"), ["logouts.person", "user.state", "audit.when", ""], {
    empty: t("logouts.none"),
  });
  const draw = (all) => list.show(all.map((one) => logoutRow(base, one, draw)));
  draw(logouts);
  return [
    h("h2", {}, t("logouts.title")),
    h("p", {class: "soft"}, t("logouts.text")),
    list.element,
  ];
}

function logoutRow(base, one, draw) {
  const retry = async () => {
    const address = `${base}${path`/logouts/${one.id}/retry`}`;
    if (!(await attempt(() => post(address, undefined), t("mail.retried")))) return;
    draw((await get(`${base}/logouts?limit=50`)).logouts);
  };
  return [
    h("code", {}, one.sub),
    [
      h("span", {class: BADGES[one.state]}, t(`logouts.${one.state}`)),
      one.last_error ? h("small", {class: "soft"}, one.last_error) : null,
    ],
    ago(one.created_at),
    one.state === "delivered"
      ? null
      : action(t("mail.retry"), retry, {kind: "small", name: `${t("mail.retry")}: ${one.sub}`}),
  ];
}
