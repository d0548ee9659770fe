// One change to many accounts: first what would come of it, then, if wanted, the change itself.

import {
  add,
  dialog,
  field,
  form,
  get,
  h,
  has,
  number,
  post,
  replace,
  t,
  withProof,
} from "../_account/core.js";

const PIECE = 100; // ids that one request takes
const LISTED = 20; // refusals that are shown

// Asks the server piece by piece. {changed, unchanged, refused: [{id, message}]}, or null if the
// person cancels the proof.
async function ask(change, ids, is_dry_run, progressed) {
  const sum = {changed: 0, unchanged: 0, refused: []};
  for (let at = 0; at < ids.length; at += PIECE) {
    const piece = ids.slice(at, at + PIECE);
    const reply = await withProof(() =>
      post("admin/users/bulk", {...change, ids: piece, dry_run: is_dry_run}),
    );
    if (!reply) return null;
    sum.changed += reply.changed;
    sum.unchanged += reply.unchanged;
    sum.refused.push(...reply.results.filter((one) => one.outcome === "refused"));
    progressed(Math.min(at + PIECE, ids.length) / ids.length);
  }
  return sum;
}

export const reason = ({error, message}) => (has(`error.${error}`) ? t(`error.${error}`) : message);

const outcomeOf = (sum, people, key) => [
  h("p", {}, t(key, {count: number(sum.changed)})),
  sum.unchanged > 0 ? h("p", {}, t("bulk.unchanged", {count: number(sum.unchanged)})) : null,
  sum.refused.length > 0
    ? [
        h("p", {}, t("bulk.refused", {count: number(sum.refused.length)})),
        h(
          "ul",
          {class: "refusals"},
          sum.refused
            .slice(0, LISTED)
            .map((one) => h("li", {}, h("strong", {}, people.get(one.id)), " ", reason(one))),
        ),
      ]
    : null,
];

// Which role, if the change is one of roles.
async function roleField(kind) {
  if (!kind.endsWith("_role")) return null;
  const {roles} = await get("admin/roles");
  return field({name: "role", label: t("role"), options: roles.map(({name}) => [name, name])});
}

// For what nobody can undo: the number has to be typed.
const countField = (count) =>
  field({
    name: "typed",
    label: t("data.type", {name: String(count)}),
    required: true,
    autocomplete: "off",
    inputmode: "numeric",
    check: (value) => (value.trim() === String(count) ? "" : t("bulk.type_wrong")),
  });

// `people` are names by id. Resolves with whether anything was done.
export async function changeMany(kind, people) {
  const ids = [...people.keys()];
  const role = await roleField(kind);
  const change = (values) => ({action: kind, ...(role ? {role: values.role} : {})});
  return dialog(t(`bulk.${kind}`), (close) => {
    const bar = h("progress", {max: 1, value: 0, hidden: true, "aria-label": t("bulk.progress")});
    const body = h("div", {class: "steps", "aria-live": "polite"});
    const progressed = (part) => {
      bar.hidden = part === 1;
      bar.value = part;
    };
    const end = (sum) =>
      replace(
        body,
        outcomeOf(sum, people, "bulk.done"),
        h(
          "div",
          {class: "actions"},
          h("button", {type: "button", class: "primary", onclick: () => close(true)}, t("close")),
        ),
      );
    const sure = (sum, wanted) =>
      replace(
        body,
        outcomeOf(sum, people, `bulk.${kind}_count`),
        form({
          fields: kind === "delete" && sum.changed > 0 ? [countField(sum.changed)] : [],
          submit: t(`bulk.${kind}`),
          danger: kind === "delete" || kind === "disable",
          send: async () => {
            bar.hidden = false;
            const done = await ask(wanted, ids, false, progressed);
            if (done) end(done);
          },
        }),
      );
    const look = async (values) => {
      bar.hidden = false;
      const wanted = change(values);
      const sum = await ask(wanted, ids, true, progressed);
      if (sum) sure(sum, wanted);
      else close(false);
    };
    add(
      body,
      form({
        fields: role ? [role] : [],
        submit: t("bulk.look"),
        send: look,
        extra: h("p", {}, t("bulk.look_text", {count: number(ids.length)})),
      }),
    );
    return [body, bar];
  });
}
