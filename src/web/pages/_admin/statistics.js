// What happened in the last days, as charts of the overview.

import {h, number, t} from "../_account/core.js";
import {shareText, sizeText} from "./chart_texts.js";
import {chart} from "./charts.js";

// What the charts show of the answer of admin/statistics.
export function statistics({days, totals}) {
  const heading = h("h2", {}, t("stats.title", {count: number(days.length)}));
  const hasCounts = Object.values(totals).some((total) => total > 0);
  if (!hasCounts) {
    return h("section", {class: "panel"}, heading, h("p", {class: "empty"}, t("stats.empty")));
  }
  const dates = days.map((one) => one.day);
  const series = (label, value, tone) => ({label: `stats.${label}`, values: days.map(value), tone});
  const counted = (label, value, tone) => series(label, ({counts}) => value(counts), tone);
  const level = (label, value) => series(label, ({levels}) => value(levels));
  const columns = (title, all, more) =>
    chart({title: `stats.${title}`, days: dates, series: all, format: number, ...more});
  const lines = (title, all, more) => columns(title, all, {isLines: true, ...more});
  const logins = [
    counted("password", (one) => one.logins_password),
    counted("passkey", (one) => one.logins_passkey),
    counted("by_mail", (one) => one.logins_email_link + one.logins_email_code),
    counted("providers", (one) => one.logins_providers),
  ];
  const refused = [
    counted("wrong", (one) => one.logins_refused - one.second_factors_refused, "bad"),
    counted("wrong_factor", (one) => one.second_factors_refused, "bad"),
    counted("disabled", (one) => one.logins_disabled, "bad"),
  ];
  return h(
    "section",
    {class: "charts"},
    h("div", {}, heading, h("p", {class: "soft"}, t("stats.note"))),
    columns("logins", logins, {isWide: true}),
    columns("refused", refused),
    columns("signups", [counted("signups", (one) => one.signups)]),
    lines("active", [
      level("active_month", (one) => one.active_month),
      level("active_day", (one) => one.active_day),
    ]),
    lines("factor", [level("share", (one) => (one.users ? one.second_factor / one.users : null))], {
      format: shareText,
      end: 1,
    }),
    columns("mails", [
      counted("mails_sent", (one) => one.mails_sent),
      counted("mails_dead", (one) => one.mails_dead, "bad"),
    ]),
    lines("store", [level("store", (one) => one.store_bytes)], {format: sizeText}),
  );
}
