// Which address shows which page. Links between these pages do not reload the document; the
// address, the back button, the title and the focus behave as if they did.

import {forget, get, isAdmin, onForbidden, Refused, session} from "./api.js";
import {boot} from "./boot.js";
import {goesRound} from "./circles.js";
import {h, icon, replace} from "./dom.js";
import {drawFrame} from "./frame.js";
import {message} from "./notice.js";
import {stopAsking} from "./passkeys.js";
import {t} from "./text.js";
import {readTyped, writeTyped} from "./typed.js";
import directory from "../pages.json";

// Every page, which the server reads as well (src/web/site.cpp). `also` are older addresses of it.
// access: guest (those who are signed in are sent on), anyone, user, admin. `show` names a function
// of `module`, or else one that start() is given. `icon` puts the page into the navigation.
const routes = directory.pages.flatMap((page) =>
  [page.path, ...(page.also ?? [])].map((path) => ({page, parts: path.split("/")})),
);

// The pages in the navigation of the account ("user") or of administration ("admin").
export const sections = (access) =>
  directory.pages.filter((page) => page.icon && page.access === access);

function find(pathname) {
  const parts = pathname.split("/");
  for (const one of routes) {
    if (one.parts.length !== parts.length) continue;
    const values = {};
    const fits = one.parts.every((part, i) => {
      if (!part.startsWith(":")) return part === parts[i];
      values[part.slice(1)] = decodeURIComponent(parts[i]);
      return parts[i] !== "";
    });
    if (fits) return {page: one.page, values};
  }
  return null;
}

const PROFILE = "/account";

// The address to which signing in leads because the query names it, or null. The server has checked
// the one that it wrote into the first page; any other must be one of these pages.
export function wayBack() {
  const wanted = new URLSearchParams(location.search).get("return_to");
  if (!wanted) return null;
  if (wanted === boot.return_query && boot.return_to) return boot.return_to;
  return wanted.startsWith("/") && find(wanted.split("?")[0]) ? wanted : null;
}

// The query, kept for another of the sign-in pages. An application may ask for a new login of
// somebody who is signed in ("again"), and say who it is ("login_hint").
export function along(path) {
  const query = new URLSearchParams(location.search);
  for (const name of [...query.keys()])
    if (!["return_to", "again", "login_hint", "ui_locales"].includes(name)) query.delete(name);
  return query.size > 0 ? `${path}?${query}` : path;
}

const isAskedAgain = () => new URLSearchParams(location.search).has("again");

// People come for their applications, if there are any, and administrators for the rest.
async function home() {
  const user = await session();
  if (isAdmin(user)) return PROFILE;
  // A failure keeps nobody out.
  const found = await get("users/me/apps").catch(() => ({apps: []}));
  return found.apps.length > 0 ? "/account/apps" : PROFILE;
}

export async function leaveSignIn() {
  const mine = turn;
  const target = wayBack() ?? (await home());
  if (mine !== turn) return;
  if (find(target.split("?")[0])) go(target, true);
  else location.assign(target);
}

// While the next page loads, the address and its entry of the history are that page's already.
const isLeaving = () => document.getElementById("main").hasAttribute("aria-busy");

// What a page shows stays in its address, as the query, for "back" and a reload.
export function keepAddress(query, state = history.state) {
  if (isLeaving()) return;
  const address = query.size > 0 ? `${location.pathname}?${query}` : location.pathname;
  history.replaceState(state, "", address);
}

// Where the person is on the page goes into its entry of the history, for "back".
function keepPlace() {
  if (isLeaving()) return;
  if (scrollY === (history.state?.scroll ?? 0)) return;
  history.replaceState({...history.state, scroll: scrollY}, "");
}

export function go(address, replacing = false) {
  keepPlace();
  history[replacing ? "replaceState" : "pushState"](null, "", address);
  return show();
}

// The link that was followed is marked at once, and a bar at the top shows that the page is on its
// way; not sooner than it would flicker.
const PATIENCE = 300;
const loadingBar = h("div", {class: "loading", hidden: true, "aria-hidden": "true"});
document.body.append(loadingBar);
let soon = 0;

function beginLoading() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    loadingBar.hidden = false;
  }, PATIENCE);
  markArea();
  if (document.querySelector(`.side a[href="${CSS.escape(location.pathname)}"]`))
    markLinks(".side a", (link) => link.pathname === location.pathname, "page");
}

function endLoading() {
  clearTimeout(soon);
  loadingBar.hidden = true;
}

const currentArea = () => location.pathname.split("/")[1] || "signin";

function markLinks(links, isHere, as) {
  for (const link of document.querySelectorAll(links)) {
    if (isHere(link)) link.setAttribute("aria-current", as);
    else link.removeAttribute("aria-current");
  }
}

const markArea = () => markLinks(".areas a", (link) => link.dataset.area === currentArea(), "true");

let turn = 0;
let is_first = true;

export async function show() {
  turn += 1;
  const mine = turn;
  stopAsking();
  const main = document.getElementById("main");
  const found = find(location.pathname);
  main.setAttribute("aria-busy", "true");
  beginLoading();
  let page;
  let title = t("missing.title");
  try {
    const user = await session();
    const access = found?.page.access ?? "anyone";
    if (!user && (access === "user" || access === "admin")) {
      if (mine === turn)
        go(`/signin?return_to=${encodeURIComponent(location.pathname + location.search)}`, true);
      return;
    }
    const is_sent_on = user && access === "guest" && !isAskedAgain();
    const is_round = is_sent_on && mine === turn && goesRound(wayBack() ?? PROFILE);
    if (is_sent_on && !is_round) {
      if (mine === turn) await leaveSignIn();
      return;
    }
    drawFrame(user);
    markArea();
    if (!found) page = missing();
    else if (is_round) {
      title = t("round.title");
      page = round(wayBack());
    } else if (access === "admin" && !isAdmin(user)) page = forbidden();
    else {
      title = t(found.page.title);
      const {module, show: name} = found.page;
      const view = (module ? await load(module) : views)[name];
      page = await view({...found.values, user, query: new URLSearchParams(location.search)});
    }
  } catch (error) {
    if (error.status === 401 && mine === turn) {
      forget();
      go(`/signin?return_to=${encodeURIComponent(location.pathname + location.search)}`, true);
      return;
    }
    if (!(error instanceof Refused)) console.error(error);
    title = t("failed.title");
    page = (await isShutOut(error, found)) ? forbidden() : failed(error);
  }
  if (mine !== turn) return;
  document.title = `${title} · ${boot.name}`;
  document.body.dataset.area = currentArea();
  markArea();
  const typed = is_first ? readTyped(main) : [];
  replace(main, page);
  endLoading();
  main.querySelector(".side [aria-current]")?.scrollIntoView({inline: "center", block: "nearest"});
  main.removeAttribute("aria-busy");
  scrollTo(0, history.state?.scroll ?? 0);
  if (!is_first) {
    const heading = main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    (main.querySelector("[autofocus]") ?? heading)?.focus({preventScroll: true});
  } else if (!writeTyped(main, typed)) {
    main.querySelector("[autofocus]")?.focus();
  }
  is_first = false;
}

// An administration page that is refused to somebody who is no longer an administrator: the frame
// changes too.
async function isShutOut(error, found) {
  if (error.status !== 403 || found?.page.access !== "admin") return false;
  const user = await session().catch(() => null);
  if (!user || isAdmin(user)) return false;
  drawFrame(user);
  return true;
}

// The same for what a button of such a page does.
async function noticeRevocation() {
  const found = find(location.pathname);
  if (found?.page.access !== "admin") return;
  const user = await session().catch(() => null);
  if (!user || isAdmin(user)) return;
  for (const box of document.querySelectorAll("dialog[open]")) box.close();
  await show();
}

// Failures that a second try may cure: of the connection, of the server, or a limit.
const isWorthAnotherTry = (error) =>
  !(error instanceof Refused) || error.status === 0 || error.status === 429 || error.status >= 500;

function load(module) {
  return import(module).catch(() => {
    throw new Refused(0, null);
  });
}

// The logo of an application, which its administrator has chosen.
export const logoOf = (src, size = 56) =>
  h("img", {src, class: "app-logo", width: size, height: size, alt: ""});

// `glyph` is the name of an icon, or an element.
export function card(glyph, heading, ...children) {
  const sign = typeof glyph === "string" ? h("div", {class: "glyph"}, icon(glyph, 26)) : glyph;
  return h("section", {class: "card"}, sign, h("h1", {}, heading), children);
}

const missing = () =>
  card(
    "search",
    t("missing.title"),
    h("p", {}, t("missing.text")),
    h("p", {}, h("a", {href: "/account", class: "button primary"}, t("missing.home"))),
  );
const forbidden = () =>
  card(
    "shield",
    t("forbidden.title"),
    h("p", {}, t("forbidden.text")),
    h("p", {}, h("a", {href: "/account", class: "button primary"}, t("missing.home"))),
  );

const round = (address) =>
  card(
    "alert",
    t("round.title"),
    message("bad", t("round.text", {host: new URL(address).host})),
    h("p", {}, t("round.advice", {host: location.host})),
    h("p", {class: "actions"}, h("a", {href: address, class: "button primary"}, t("failed.retry"))),
    h("p", {}, h("a", {href: "/account"}, t("missing.home"))),
  );

function failed(error) {
  const gone = error.status === 404;
  return card(
    "alert",
    t(gone ? "missing.title" : "failed.title"),
    message("bad", error instanceof Refused ? error.message : t("error.unknown")),
    h(
      "p",
      {},
      isWorthAnotherTry(error)
        ? h("button", {type: "button", class: "primary", onclick: show}, t("failed.retry"))
        : h("a", {href: "/account", class: "button primary"}, t("missing.home")),
    ),
  );
}

// `functions` are those of the pages that have no module of their own.
let views = {};
export function start(functions) {
  views = functions;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (
      !link ||
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey
    )
      return;
    if (
      link.target ||
      link.hasAttribute("download") ||
      link.origin !== location.origin ||
      !find(link.pathname)
    )
      return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  addEventListener("popstate", show);
  // The browser looks for the place before the page is there.
  history.scrollRestoration = "manual";
  let waiting = 0;
  addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keepPlace, 150);
  });
  onForbidden(noticeRevocation);
  // The browser may have kept this page from somebody who has signed out since.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  return show();
}
