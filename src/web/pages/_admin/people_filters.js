// What the list of accounts is narrowed to, in the address and in its fields.

import {field, get, h, t} from "../_account/core.js";

export const ORDERS = ["name", "-created", "created", "-activity", "activity", "id"];
const FILTERS = ["role", "state", "mfa", "verified", "provider", "active_after", "active_before"];

// `q` is of older addresses.
export function readFilters(query) {
  const filters = {
    search: query.get("search") ?? query.get("q") ?? "",
    sort: ORDERS.includes(query.get("sort")) ? query.get("sort") : ORDERS[0],
  };
  for (const name of FILTERS) filters[name] = query.get(name) ?? "";
  return filters;
}

// Those that are set: for the address and for the server.
export const writeFilters = (filters) =>
  Object.fromEntries(Object.entries(filters).filter(([, value]) => value));

const yesOrNo = (name) => [
  ["", t("users.any")],
  ["true", t(`users.${name}.true`)],
  ["false", t(`users.${name}.false`)],
];

// A choice that the address has, but not the list, stays what it is.
function choice(name, label, options, value) {
  const known = options.some(([one]) => one === value);
  return field({
    name,
    label,
    options: known ? options : [...options, [value, value]],
    value,
  });
}

// `changed({name: value})` is called when a field is; `roles` are all that there are.
export async function filterBox(filters, changed, roles) {
  const {providers} = await get("auth/providers");
  const named = (list) => [["", t("users.any")], ...list.map(({name}) => [name, name])];
  const states = ["active", "disabled", "unconfirmed"].map((one) => [one, t(`users.state.${one}`)]);
  const date = (name) =>
    field({name, label: t(`users.${name}`), type: "date", plain: true, value: filters[name]});
  const fields = [
    choice("role", t("role"), named(roles), filters.role),
    choice("state", t("user.state"), [["", t("users.any")], ...states], filters.state),
    choice("mfa", t("user.mfa"), yesOrNo("mfa"), filters.mfa),
    choice("verified", t("email"), yesOrNo("verified"), filters.verified),
    providers.length > 0 || filters.provider
      ? choice("provider", t("users.provider"), named(providers), filters.provider)
      : null,
    date("active_after"),
    date("active_before"),
  ].filter(Boolean);
  const set = () => FILTERS.filter((name) => filters[name]).length;
  const label = h("span", {}, t("users.filters"));
  const count = h("span", {class: "badge", hidden: set() === 0}, String(set()));
  for (const {name, input} of fields)
    input.addEventListener("change", async () => {
      await changed({[name]: input.value});
      count.hidden = set() === 0;
      count.textContent = String(set());
    });
  return h(
    "details",
    {class: "narrowing", open: set() > 0},
    h("summary", {}, label, " ", count),
    h(
      "div",
      {class: "narrowing-fields"},
      fields.map(({box}) => box),
    ),
  );
}
