// Tabs and their panels, as the pattern "Tabs" of the ARIA Authoring Practices has them: one stop
// for the tab key, and the arrow keys, Home and End between the tabs. The address says which tab is
// open, so that a reload, a link and "back" come to the same one.

import {button, go, h, keepAddress, message, newId, replace, t} from "../_account/core.js";

// How long a panel may take before it says that it is loading.
const QUIET_FOR = 300;

// `all` are {name, title, draw}: draw() gives what the panel shows, and is asked each time that the
// tab is opened. `wanted` is the name of the first one to show, if there is such a tab.
export async function tabbed(label, all, wanted) {
  const prefix = newId("tabs");
  const tabs = all.map((one) => tabOf(one, prefix));
  let turn = 0;
  const mark = (here) => {
    for (const {tab, panel} of tabs) {
      const is_here = tab === here.tab;
      tab.setAttribute("aria-selected", String(is_here));
      tab.setAttribute("tabindex", is_here ? "0" : "-1");
      panel.hidden = !is_here;
      if (!is_here) panel.replaceChildren();
    }
  };
  const fill = async (here) => {
    turn += 1;
    const mine = turn;
    mark(here);
    const {panel, draw} = here;
    const waits = () => replace(panel, h("p", {class: "empty", role: "status"}, t("loading")));
    const soon = setTimeout(() => mine === turn && waits(), QUIET_FOR);
    panel.setAttribute("aria-busy", "true");
    try {
      const drawn = await draw();
      if (mine === turn) replace(panel, drawn);
    } finally {
      clearTimeout(soon);
      if (mine === turn) panel.removeAttribute("aria-busy");
    }
  };
  const open = async (here) => {
    keepTab(here.name, all[0].name);
    try {
      await fill(here);
    } catch (error) {
      if (error.status === undefined) console.error(error);
      // The page as a whole knows the way to sign-in.
      if (error.status === 401) await go(location.pathname + location.search, true);
      else if (!here.panel.hidden)
        replace(
          here.panel,
          failure(error, () => open(here)),
        );
    }
  };
  for (const one of tabs) one.tab.addEventListener("click", () => open(one));
  const list = h(
    "div",
    {class: "tabs", role: "tablist", "aria-label": label},
    tabs.map(({tab}) => tab),
  );
  list.addEventListener("keydown", (event) => {
    const next = target(
      event.key,
      tabs.findIndex(({tab}) => tab === event.target),
      tabs.length,
    );
    if (next === null || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    tabs[next].tab.focus();
    open(tabs[next]);
  });
  const first = tabs.find(({name}) => name === wanted) ?? tabs[0];
  // A failure of the first one is the page's.
  await fill(first);
  requestAnimationFrame(() => uncover(list, first.tab));
  return [list, ...tabs.map(({panel}) => panel)];
}

function tabOf({name, title, draw}, prefix) {
  const tab = h(
    "button",
    {
      type: "button",
      role: "tab",
      id: `${prefix}-${name}`,
      "aria-controls": `${prefix}-${name}-panel`,
    },
    title,
  );
  const panel = h("div", {
    class: "content",
    role: "tabpanel",
    id: `${prefix}-${name}-panel`,
    "aria-labelledby": tab.id,
    tabindex: "0",
  });
  return {name, draw, tab, panel};
}

// Scrolls the list, and not the page, so far that the tab is in it.
function uncover(list, tab) {
  const {left, right} = tab.getBoundingClientRect();
  const box = list.getBoundingClientRect();
  if (right > box.right) list.scrollLeft += right - box.right;
  if (left < box.left) list.scrollLeft -= box.left - left;
}

// The place that a key leads to from the place `at`, or null.
function target(key, at, count) {
  const is_rtl = document.documentElement.dir === "rtl";
  if (key === (is_rtl ? "ArrowLeft" : "ArrowRight")) return (at + 1) % count;
  if (key === (is_rtl ? "ArrowRight" : "ArrowLeft")) return (at + count - 1) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}

function keepTab(name, first) {
  const query = new URLSearchParams(location.search);
  if (name === first) query.delete("tab");
  else query.set("tab", name);
  keepAddress(query);
}

// For a part of a page: what went wrong there, and the way to try again.
export const failure = (error, again) => [
  message("bad", error.status === undefined ? t("error.unknown") : error.message),
  h("p", {}, button(t("failed.retry"), again)),
];
