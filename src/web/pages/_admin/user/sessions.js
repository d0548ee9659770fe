// The tab "Sessions" of an account: where it is signed in, what it has let in, and which devices it
// knows.

import {
  action,
  attempt,
  call,
  confirm,
  fullName,
  get,
  go,
  h,
  path,
  replace,
  t,
} from "../../_account/core.js";
import {appRow} from "../../_account/apps.js";
import {deviceName, sessionRow} from "../../_account/devices.js";
import {devicesPanel} from "../../_account/known_devices.js";
import {panel} from "../../_account/layout.js";
import {actionRow, change} from "./rows.js";

export async function sessionsTab(account) {
  const sessions = sessionList(account);
  const grants = grantList(account);
  const devices = devicesPanel(account.base, t("devices.text_admin"));
  const draw = () => Promise.all([sessions.draw(), grants.draw(), devices.draw()]);
  await draw();
  return [
    panel(t("sessions.title"), sessions.element),
    panel(t("user.grants"), grants.element),
    devices.element,
    account.is_own ? null : panel(t("sessions.all"), endAll(account, draw)),
  ];
}

function sessionList({base}) {
  const element = h("ul", {class: "items"});
  const draw = async () => {
    const {sessions: open} = await get(`${base}/sessions`);
    replace(
      element,
      open.length === 0
        ? h("li", {class: "empty"}, t("sessions.none"))
        : open.map((one) => sessionRow(one, endButton(one))),
    );
  };
  const endButton = (one) =>
    action(
      t("device.end"),
      async () => {
        const end = () => call("DELETE", path`admin/sessions/${one.id}`);
        if (!(await attempt(end, t("device.ended")))) return;
        if (one.current)
          await go("/admin"); // which leads to sign-in
        else await draw();
      },
      {kind: "small", name: `${t("device.end")}: ${deviceName(one.user_agent)}`},
    );
  return {element, draw};
}

function grantList({base, now}) {
  const element = h("ul", {class: "items"});
  const draw = async () => {
    const {grants} = await get(`${base}/grants`);
    replace(
      element,
      grants.length === 0
        ? h("li", {class: "empty"}, t("user.grants_none"))
        : grants.map((one) => appRow(one, () => end(one))),
    );
  };
  const end = async (one) => {
    const text = t("user.grant_end_text", {app: one.client_name, name: fullName(now)});
    if (!(await confirm(t("apps.end"), text, t("apps.end")))) return;
    const ended = () => call("DELETE", `${base}${path`/grants/${one.id}`}`);
    if (await attempt(ended, t("apps.ended"))) await draw();
  };
  return {element, draw};
}

const endAll = (account, draw) =>
  h(
    "ul",
    {class: "items"},
    actionRow(
      t("user.logout_text", {name: fullName(account.now)}),
      change(account, "user.logout", "logout", {
        sure: "user.logout_text",
        glyph: "out",
        done: "device.ended",
        after: draw,
      }),
    ),
  );
