// Texts in the language of the page (en.json, de.json, …), and the forms of dates and numbers.

export const language = document.documentElement.lang;
const catalogue = await catalogueAt(`/ui/${language}.json`);

// Without texts nothing can be shown, not even an error. The network may be gone for a moment, so
// this tries again. Somebody may also leave the page while it loads, which must not look like an
// error.
async function catalogueAt(path) {
  for (;;) {
    try {
      const reply = await fetch(path);
      if (reply.ok) return await reply.json();
    } catch {
      /* asked again */
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

export const has = (key) => Object.hasOwn(catalogue, key);

export const keysBelow = (prefix) =>
  Object.keys(catalogue)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));

// The text with {name} filled in.
export function t(key, values = {}) {
  if (!has(key)) console.error(`no text for ${key}`);
  const text = catalogue[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) =>
    Object.hasOwn(values, name) ? String(values[name]) : all,
  );
}

// A text that counts: the form that the language has for this number (Intl.PluralRules), of the
// keys FAMILY.one, FAMILY.few, FAMILY.many and FAMILY.other; {count} is the number.
const plurals = new Intl.PluralRules(language);
export function tn(family, count, values = {}) {
  const form = `${family}.${plurals.select(count)}`;
  return t(has(form) ? form : `${family}.other`, {count: number(count), ...values});
}

// Dates as the person's browser writes them, if it has the same language.
export const locale = navigator.languages.find((one) => one.startsWith(language)) ?? language;
const moments = new Intl.DateTimeFormat(locale, {dateStyle: "medium", timeStyle: "short"});
const days = new Intl.DateTimeFormat(locale, {dateStyle: "medium"});
const times = new Intl.DateTimeFormat(locale, {timeStyle: "short"});
const spans = new Intl.RelativeTimeFormat(locale, {numeric: "auto"});
const numbers = new Intl.NumberFormat(locale);

export const moment = (text) => (text ? moments.format(new Date(text)) : "–");
export const day = (text) => (text ? days.format(new Date(text)) : "–");
export const time = (moment) => times.format(new Date(moment));
export const number = (value) => numbers.format(value);

// "3 minutes ago"
export function ago(text) {
  if (!text) return "–";
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  for (const [unit, size] of [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return spans.format(Math.trunc(seconds / size), unit);
  }
  return spans.format(Math.trunc(Math.min(seconds, 0)), "second");
}
