// The devices that an account knows, and which of them it trusts: of one's own account, and of
// others for administrators.

import {action, attempt, call, confirm, get, h, replace, t} from "./core.js";
import {deviceName, deviceRow} from "./devices.js";
import {panel} from "./layout.js";

// {element, draw}: a panel, to be drawn first. `base` is the path of the account in the API, and
// `text` says whose devices these are.
export function devicesPanel(base, text) {
  const list = h("ul", {class: "items"});
  const all = h("p", {});
  const draw = async () => {
    const {devices} = await get(`${base}/devices`);
    replace(
      list,
      devices.length === 0
        ? h("li", {class: "empty"}, t("devices.none"))
        : devices.map((one) => deviceRow(one, forgetButton(one))),
    );
    replace(all, devices.length > 1 ? forgetAllButton() : null);
  };
  const forgetButton = (one) =>
    action(
      t("devices.forget"),
      async () => {
        const forget = () => call("DELETE", `${base}/devices/${encodeURIComponent(one.id)}`);
        if (await attempt(forget, t("devices.forgotten"))) await draw();
      },
      {kind: "small", name: `${t("devices.forget")}: ${deviceName(one.user_agent)}`},
    );
  const forgetAllButton = () =>
    action(t("devices.forget_all"), async () => {
      const label = t("devices.forget_all");
      if (!(await confirm(label, t("devices.forget_all_text"), label))) return;
      const forget = () => call("DELETE", `${base}/devices`);
      if (await attempt(forget, t("devices.forgotten"))) await draw();
    });
  const element = panel(t("devices.title"), h("p", {class: "soft"}, text), list, all);
  return {element, draw};
}
