// What the server tells of the last days, for the charts of the overview.

export const NAMES = [
  "signups",
  "logins_password",
  "logins_passkey",
  "logins_email_link",
  "logins_email_code",
  "logins_providers",
  "logins_refused",
  "logins_disabled",
  "second_factors_refused",
  "mails_sent",
  "mails_dead",
];
export const LEVELS = ["users", "active_day", "active_month", "second_factor", "store_bytes"];

// What the server would answer after 30 days, of which 10 had nothing to count and nobody looked.
export function answer() {
  const days = [...Array(30).keys()].map((n) => {
    const day = new Date(Date.UTC(2026, 10, 1 + n)).toISOString().slice(0, 10);
    const has = n >= 10;
    const counts = Object.fromEntries(NAMES.map((name, i) => [name, has ? n * (i + 1) : 0]));
    // A second factor that is wrong is a refused login as well.
    counts.logins_refused = counts.second_factors_refused + (has ? 2 : 0);
    const levels = Object.fromEntries(LEVELS.map((name) => [name, null]));
    if (has)
      Object.assign(levels, {
        users: 1000 + n,
        active_day: 40 + n,
        active_month: 400 + n,
        second_factor: 250,
        store_bytes: 3_000_000 + n * 10_000,
      });
    return {day, counts, levels};
  });
  const totals = Object.fromEntries(
    NAMES.map((name) => [name, days.reduce((sum, {counts}) => sum + counts[name], 0)]),
  );
  return {days, totals};
}
