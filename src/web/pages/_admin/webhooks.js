// The programs that are told of events, what they answered last, and what they have not taken.

import {
  action,
  ago,
  attempt,
  call,
  confirm,
  dialog,
  form,
  get,
  h,
  notice,
  path,
  post,
  showOnce,
  t,
  withProof,
} from "../_account/core.js";
import {linesField, textField} from "./fields.js";
import {adminPage, none, table} from "./layout.js";

// How long the answer to a test is waited for: it is found, sent and answered within that.
const TEST_POLLS = 25;
const POLL = 1000;

export async function webhooks() {
  const list = table(
    t("webhooks.title"),
    ["webhooks.url", "webhooks.types", "user.state", "webhooks.answered", ""],
    {empty: t("webhooks.none")},
  );
  const draw = async () =>
    list.show((await get("admin/webhooks")).webhooks.map((one) => webhookRow(one, draw)));
  await draw();
  return adminPage(
    t("webhooks.title"),
    h("p", {class: "soft"}, t("webhooks.text")),
    list.element,
    action(t("webhooks.add"), () => addWebhook(draw), {glyph: "link"}),
  );
}

const hostOf = (one) => new URL(one.url).host;

const stateOf = (one) => {
  if (!one.enabled) return ["badge bad", "webhooks.disabled"];
  return one.failing_since ? ["badge bad", "webhooks.failing"] : ["badge", "webhooks.enabled"];
};

function webhookRow(one, draw) {
  const [kind, state] = stateOf(one);
  return [
    [one.url, one.description ? h("small", {class: "soft"}, one.description) : null],
    one.types.length > 0 ? one.types.join(", ") : t("webhooks.all"),
    [
      h("span", {class: kind}, t(state)),
      one.answer ? h("small", {class: "soft"}, one.answer) : null,
    ],
    one.answered_at ? ago(one.answered_at) : none(),
    h("div", {class: "row tight"}, webhookButtons(one, draw)),
  ];
}

function webhookButtons(one, draw) {
  const base = path`admin/webhooks/${one.id}`;
  const small = (label, run) => action(label, run, {kind: "small", name: `${label}: ${one.url}`});
  const set = async (enabled) => {
    if (await attempt(() => call("PATCH", base, {enabled}))) await draw();
  };
  return [
    one.enabled ? small(t("webhooks.test"), () => testWebhook(base, draw)) : null,
    small(t("webhooks.lacking"), () => showLacking(one, base)),
    small(t("webhooks.rotate"), () => rotateWebhook(one, base, draw)),
    small(t(one.enabled ? "webhooks.disable" : "webhooks.enable"), () => set(!one.enabled)),
    small(t("delete"), async () => {
      const text = t("webhooks.delete_text", {host: hostOf(one)});
      if (!(await confirm(t("webhooks.delete"), text, t("delete")))) return;
      if (await attempt(() => call("DELETE", base), t("deleted"))) await draw();
    }),
  ];
}

async function addWebhook(draw) {
  const made = await dialog(t("webhooks.add"), (close) =>
    form({
      fields: [
        textField({name: "url", label: t("webhooks.url"), type: "url", required: true}),
        linesField({name: "types", label: t("webhooks.types"), hint: t("webhooks.types_hint")}),
        textField({name: "description", label: t("webhooks.description"), maxlength: 100}),
      ],
      submit: t("webhooks.add"),
      send: async (values) => {
        const answer = await withProof(() => post("admin/webhooks", values));
        if (answer) close(answer);
      },
    }),
  );
  if (!made) return;
  await showSecret(made);
  await draw();
}

const showSecret = (made) =>
  showOnce(hostOf(made), t("webhooks.once"), [[t("webhooks.secret"), made.secret]]);

async function rotateWebhook(one, base, draw) {
  if (!(await confirm(t("webhooks.rotate"), t("webhooks.rotate_text"), t("webhooks.rotate"))))
    return;
  const made = await attempt(() => post(`${base}/rotate`, undefined));
  if (!made) return;
  await showSecret(made);
  await draw();
}

async function testWebhook(base, draw) {
  if (!(await attempt(() => post(`${base}/test`, undefined)))) return;
  for (let i = 0; i < TEST_POLLS; i++) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    const now = await attempt(() => get(base));
    if (!now) return;
    if (!now.tested_at) continue;
    const is_good = now.test_answer.startsWith("HTTP 2");
    notice(t("webhooks.tested", {answer: now.test_answer}), is_good ? "good" : "bad");
    await draw();
    return;
  }
  notice(t("webhooks.untested"), "bad");
}

async function showLacking(one, base) {
  await dialog(t("webhooks.lacking"), (close) => {
    const list = table(t("webhooks.lacking"), ["webhooks.type", "audit.when", "user.state"], {
      empty: t("webhooks.lacks_none"),
    });
    const draw = async () =>
      list.show(
        (await get(`${base}/deliveries?limit=100`)).deliveries.map((row) => [
          row.type ?? row.id,
          row.at ? ago(row.at) : none(),
          [
            h(
              "span",
              {class: row.state === "dead" ? "badge bad" : "badge"},
              t(row.state === "dead" ? "mail.dead" : "mail.waiting"),
            ),
            row.last_error ? h("small", {class: "soft"}, row.last_error) : null,
          ],
        ]),
      );
    void attempt(draw);
    const again = async () => {
      if (await attempt(() => post(`${base}/retry`, {}), t("mail.retried"))) close();
    };
    return h(
      "div",
      {},
      list.element,
      one.enabled ? action(t("webhooks.retry"), again, {kind: "small"}) : null,
    );
  });
}
