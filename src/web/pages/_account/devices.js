// A session as people know it: a browser on a machine.

import {ago, h, icon, moment, t} from "./core.js";

// "Firefox, Linux" of what a browser says it is.
export function deviceName(agent) {
  if (!agent) return t("device.unknown");
  const browser = [
    ["Edg/", "Edge"],
    ["OPR/", "Opera"],
    ["Firefox/", "Firefox"],
    ["Chrome/", "Chrome"],
    ["Safari/", "Safari"],
    ["curl/", "curl"],
  ].find(([mark]) => agent.includes(mark))?.[1];
  const system = [
    ["Android", "Android"],
    ["iPhone", "iOS"],
    ["iPad", "iPadOS"],
    ["Windows", "Windows"],
    ["Mac OS X", "macOS"],
    ["CrOS", "ChromeOS"],
    ["Linux", "Linux"],
  ].find(([mark]) => agent.includes(mark))?.[1];
  return [browser, system].filter(Boolean).join(", ") || agent.slice(0, 40);
}

export function sessionRow(one, end) {
  const phone = /Android|iPhone|Mobile/.test(one.user_agent ?? "");
  return h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, icon(phone ? "phone" : "devices")),
    h(
      "div",
      {class: "item-text"},
      h(
        "p",
        {class: "item-title"},
        deviceName(one.user_agent),
        one.current ? h("span", {class: "badge good"}, t("device.this")) : null,
      ),
      h(
        "p",
        {class: "soft"},
        [one.address, t("device.used", {when: ago(one.last_used)})].filter(Boolean).join(" · "),
      ),
      h("p", {class: "soft"}, t("device.since", {when: moment(one.created_at)})),
    ),
    end,
  );
}
