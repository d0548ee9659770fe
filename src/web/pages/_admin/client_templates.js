// Ready-made applications: the form asks only for the address, and what the application itself
// needs is shown to copy. Their texts come from the server, in English.

import {dialog, field, h, message, secretBox, t} from "../_account/core.js";
import {textField} from "./fields.js";

// The choice of an application, and the field for its address. `chosen()` is null for a client
// whose members somebody fills in.
export function templateFields(templates) {
  const choice = field({
    name: "template",
    label: t("clients.template"),
    options: [
      ["", t("clients.template.none")],
      ...templates.map((one) => [one.template, one.name]),
    ],
  });
  const chosen = () => templates.find((one) => one.template === choice.input.value) ?? null;
  const url = textField({
    name: "url",
    label: t("clients.url"),
    hint: t("clients.url.hint"),
    required: true,
    inputmode: "url",
  });
  const {verify} = url;
  url.verify = () => !chosen()?.url || verify();
  choice.input.addEventListener("change", () => {
    url.input.placeholder = chosen()?.url ?? "";
  });
  return {choice, url, chosen};
}

// Several lines to copy.
function linesBox({title, text}) {
  const box = secretBox(text, title);
  box.classList.add("lines");
  box.firstElementChild.lang = "en";
  return [h("p", {class: "label", lang: "en"}, title), box];
}

// What the application needs, once: the settings have the secret.
export function showApplication(made) {
  const {application} = made;
  return dialog(
    made.name,
    (close) => [
      message("info", t(made.client_secret ? "clients.settings_once" : "clients.settings")),
      application.settings.map(linesBox),
      h("p", {class: "label"}, t("clients.advice")),
      h(
        "ul",
        {class: "advice", lang: "en"},
        [application.roles, ...application.traps].map((text) => h("li", {}, text)),
      ),
      h(
        "div",
        {class: "actions"},
        h("button", {type: "button", class: "primary", onclick: () => close()}, t("kept")),
      ),
    ],
    {once: Boolean(made.client_secret)},
  );
}
