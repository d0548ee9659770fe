// Theme and language. The server reads them from a cookie, so that a page has both from the start.

import {boot} from "./boot.js";
import {h, icon} from "./dom.js";
import {field} from "./form.js";
import {language, t} from "./text.js";

const YEAR = 31536000;

function remember(changes) {
  const now = {theme: document.documentElement.dataset.theme, lang: null, ...stored(), ...changes};
  const text = Object.entries(now)
    .filter(([, value]) => value)
    .map(([key, value]) => `${key}:${value}`)
    .join("_");
  document.cookie = `authd_ui=${text}; Path=/; Max-Age=${YEAR}; SameSite=Lax`;
}

function stored() {
  const found = document.cookie.match(/(?:^|; )authd_ui=([A-Za-z:_-]*)/);
  return found ? Object.fromEntries(found[1].split("_").map((pair) => pair.split(":"))) : {};
}

const THEMES = {auto: "dark", dark: "light", light: "auto"};

export function themeButton() {
  const button = h("button", {type: "button", class: "quiet square", id: "theme"});
  const show = () => {
    const theme = document.documentElement.dataset.theme;
    button.replaceChildren(icon({auto: "auto", dark: "moon", light: "sun"}[theme]));
    button.setAttribute("aria-label", t("theme.label", {theme: t(`theme.${theme}`)}));
    button.title = t(`theme.${theme}`);
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = THEMES[document.documentElement.dataset.theme];
    remember({theme: document.documentElement.dataset.theme});
    show();
  });
  show();
  return button;
}

export function languageChoice() {
  const choose = (event) => {
    remember({lang: event.target.value});
    location.reload();
  };
  return h(
    "label",
    {class: "language"},
    icon("globe", 18),
    h("span", {class: "unseen"}, t("language")),
    h(
      "select",
      {onchange: choose, id: "language"},
      boot.languages.map(({tag, name}) =>
        h("option", {value: tag, selected: language === tag, lang: tag}, name),
      ),
    ),
  );
}

// The language of a person's mails, one of those that there are or none.
export const localeField = (value) =>
  field({
    name: "locale",
    label: t("locale"),
    value: value ?? "",
    options: [["", t("locale.none")], ...boot.languages.map(({tag, name}) => [tag, name])],
  });
