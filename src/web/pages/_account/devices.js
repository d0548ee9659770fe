// A session as people know it: a browser on a machine.

import {ago, h, icon, moment, systemName, t} from "./core.js";

// "Firefox, Linux"
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
  return [browser, systemName(agent)].filter(Boolean).join(", ") || agent.slice(0, 40);
}

// What keeps the session (docs/administration.md, "Sessions, by kind").
function sessionGlyph({kind, user_agent}) {
  if (kind === "issued") return "key";
  if (kind === "tokens") return "app";
  return /Android|iPhone|Mobile/.test(user_agent ?? "") ? "phone" : "devices";
}

// A device that the account knows, with what forgets it.
export function deviceRow(one, forget) {
  const is_phone = /Android|iPhone|Mobile/.test(one.user_agent ?? "");
  return h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, icon(is_phone ? "phone" : "devices")),
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
        [one.address, t("devices.last", {when: ago(one.last_login)})].filter(Boolean).join(" · "),
      ),
      one.trusted_until
        ? h("p", {class: "soft"}, t("devices.trusted", {when: moment(one.trusted_until)}))
        : null,
    ),
    forget,
  );
}

export function sessionRow(one, end) {
  return h(
    "li",
    {class: "item"},
    h("span", {class: "item-icon"}, icon(sessionGlyph(one))),
    h(
      "div",
      {class: "item-text"},
      h(
        "p",
        {class: "item-title"},
        deviceName(one.user_agent),
        h("span", {class: "badge"}, t(`session.kind.${one.kind}`)),
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
