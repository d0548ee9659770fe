// How charts write days and numbers, in the language of the page.

import {locale} from "../_account/core.js";

const utcDays = new Intl.DateTimeFormat(locale, {dateStyle: "medium", timeZone: "UTC"});
const shares = new Intl.NumberFormat(locale, {style: "percent", maximumFractionDigits: 1});
const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const sizes = SIZES.map(
  (unit) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumFractionDigits: 1,
    }),
);

// A day of the server, "2026-11-30", which begins at midnight in UTC.
export const dayText = (day) => utcDays.format(new Date(`${day}T00:00:00Z`));

export const shareText = (share) => shares.format(share);

export function sizeText(bytes) {
  const place = bytes < 1000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  return sizes[place].format(bytes / 1000 ** place);
}
