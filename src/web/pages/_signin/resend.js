// Below "check your email": how long the mail is good for, another mail, another address.

import {Refused} from "../_core/api.js";
import {h, replace} from "../_core/dom.js";
import {message} from "../_core/notice.js";
import {t, time} from "../_core/text.js";

// Where a reply does not say.
const PAUSE = 60;

// A button that sends again, after the pause that the server keeps between two mails. `send` sends
// and gives the reply, whose `resend_after` and `expires_in` are seconds.
export function resendButton(send, reply, {label, sent, told = () => {}}) {
  const status = h("p", {role: "status", class: "note"});
  const button = h("button", {type: "button", class: "link"});
  let ticking = 0;
  const wait = (seconds) => {
    clearInterval(ticking);
    const end = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0 || !button.isConnected) clearInterval(ticking);
      button.disabled = left > 0;
      button.textContent = left > 0 ? t("resend.in", {label, seconds: left}) : label;
    };
    ticking = setInterval(tick, 1000);
    button.disabled = true;
    button.textContent = t("resend.in", {label, seconds});
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const next = await send();
      told(next);
      replace(status, sent);
      wait(next?.resend_after ?? PAUSE);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      replace(status, message("bad", error.message));
      wait(error.wait || 5);
    }
  });
  wait(reply?.resend_after ?? PAUSE);
  return [button, status];
}

export function resendRow(send, reply, {label, sent, change}) {
  const until = h("p", {class: "note"});
  const told = (one) => {
    if (one?.expires_in)
      replace(until, t("resend.until", {time: time(Date.now() + one.expires_in * 1000)}));
  };
  told(reply);
  const [button, status] = resendButton(send, reply, {label, sent, told});
  return h(
    "div",
    {class: "resend"},
    until,
    h(
      "ul",
      {class: "others"},
      h("li", {}, button),
      change
        ? h(
            "li",
            {},
            h("button", {type: "button", class: "link", onclick: change}, t("resend.change")),
          )
        : null,
    ),
    status,
  );
}
