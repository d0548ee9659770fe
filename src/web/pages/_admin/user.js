// One account, with everything that can be done to it: a head, and a tab for each kind of thing
// (user/*.js).

import {
  action,
  ago,
  attempt,
  call,
  day,
  fullName,
  get,
  go,
  h,
  icon,
  moment,
  path,
  portrait,
  replace,
  setUser,
  t,
} from "../_account/core.js";
import {adminPageAt} from "./layout.js";
import {tabbed} from "./tabs.js";
import {activityTab} from "./user/activity.js";
import {dangerTab} from "./user/danger.js";
import {keysTab} from "./user/keys.js";
import {profileTab} from "./user/profile.js";
import {sessionsTab} from "./user/sessions.js";
import {signInTab} from "./user/sign_in.js";
import {state} from "./users.js";

const ADMIN = "admin";

// Each gives what its panel shows for `account` (below).
const TABS = [
  ["profile", "profile.title", profileTab],
  ["sign_in", "user.tab_sign_in", signInTab],
  ["sessions", "sessions.title", sessionsTab],
  ["keys", "api_keys.title", keysTab],
  ["activity", "activity.title", activityTab],
  ["danger", "user.tab_danger", dangerTab],
];

export async function user({id, user: me, query}) {
  const base = path`admin/users/${id}`;
  const name = h("span", {});
  const head = h("section", {class: "panel person"});
  // What the tabs know of the account, and tell of it: `now` is what the server said last,
  // show(next) that it is something else by now, and reload() asks for it.
  const account = {
    base,
    me,
    now: await get(base),
    is_own: false,
    show: async (next) => {
      account.now = next;
      account.is_own = next.id === me.id;
      if (account.is_own) {
        setUser(next);
        // Without the role, this person may no longer see this page.
        if (!next.is_active || !next.roles.includes(ADMIN)) return go("/account");
      }
      replace(name, fullName(next));
      replace(head, summary(account));
    },
    reload: async () => account.show(await get(base)),
  };
  await account.show(account.now);
  const tabs = TABS.map(([one, title, draw]) => ({
    name: one,
    title: t(title),
    draw: () => draw(account),
  }));
  return adminPageAt(
    "/admin/users",
    name,
    h("p", {class: "back"}, h("a", {href: "/admin/users"}, icon("arrow", 16), t("users.title"))),
    head,
    await tabbed(t("user.tabs"), tabs, query.get("tab")),
  );
}

function summary({base, now, reload}) {
  const remove = async () => {
    const sent = () => call("DELETE", `${base}/avatar`);
    if (await attempt(sent, t("picture.removed"))) await reload();
  };
  return [
    h(
      "div",
      {class: "picture"},
      portrait(now, 72),
      now.avatar_url ? action(t("picture.remove"), remove, {kind: "small"}) : null,
    ),
    h(
      "div",
      {},
      h("h2", {}, fullName(now)),
      h("p", {class: "soft"}, now.email ?? t("profile.no_email")),
      h(
        "p",
        {class: "badges"},
        state(now),
        now.email && !now.email_verified
          ? h("span", {class: "badge warn"}, t("profile.unconfirmed"))
          : null,
      ),
      h(
        "p",
        {class: "soft"},
        t("user.times", {
          id: now.id,
          created: moment(now.created_at),
          active: ago(now.last_activity),
        }),
      ),
      now.retention ? h("p", {class: "soft"}, end(now)) : null,
    ),
  ];
}

// What becomes of the account if nobody uses it.
function end({is_active, retention}) {
  if (is_active) return t("user.retention", {date: day(retention.disabled_at)});
  return t("user.retention_deleted", {date: day(retention.next_at)});
}
