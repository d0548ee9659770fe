// Where the account is signed in.

import {action, attempt, call, confirm, forget, get, h, path, post, replace, t} from "./core.js";
import {deviceName, sessionRow} from "./devices.js";
import {devicesPanel} from "./known_devices.js";
import {accountPage, panel} from "./layout.js";

export async function sessions() {
  const list = h("ul", {class: "items"});
  const draw = async () => {
    const found = (await get("users/me/sessions")).sessions;
    found.sort(
      (a, b) => Number(b.current) - Number(a.current) || (a.last_used < b.last_used ? 1 : -1),
    );
    replace(
      list,
      found.map((one) =>
        sessionRow(
          one,
          action(
            t(one.current ? "sign_out" : "device.end"),
            async () => {
              if (
                !(await attempt(
                  () => call("DELETE", path`users/me/sessions/${one.id}`),
                  t("device.ended"),
                ))
              )
                return;
              if (one.current) leave();
              else await draw();
            },
            {
              kind: "small",
              name: `${t(one.current ? "sign_out" : "device.end")}: ${deviceName(one.user_agent)}`,
            },
          ),
        ),
      ),
    );
  };
  const devices = devicesPanel("users/me", t("devices.text"));
  await Promise.all([draw(), devices.draw()]);
  return accountPage(
    t("sessions.title"),
    panel(t("sessions.where"), h("p", {class: "soft"}, t("sessions.text")), list),
    devices.element,
    panel(
      t("sessions.many"),
      h("p", {class: "soft"}, t("sessions.many_text")),
      h(
        "p",
        {class: "actions"},
        action(t("sessions.others"), async () => {
          if (!(await isSure(t("sessions.others"), t("sessions.others_text")))) return;
          if (await attempt(() => post("auth/logout/others"), t("sessions.others_done")))
            await Promise.all([draw(), devices.draw()]);
        }),
        action(
          t("sessions.all"),
          async () => {
            if (!(await isSure(t("sessions.all"), t("sessions.all_text")))) return;
            if (await attempt(() => post("auth/logout/all"))) leave();
          },
          {kind: "danger", glyph: "out"},
        ),
      ),
    ),
  );
}

const isSure = (title, text) => confirm(title, text, title);

function leave() {
  forget();
  location.assign("/signin");
}
