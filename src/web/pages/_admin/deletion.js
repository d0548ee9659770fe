// What is deleted for ever: only after its name has been typed.

import {call, confirmByName, go, notice, t} from "../_account/core.js";

// `words` are the keys of the texts: a title, what happens, and what is told afterwards. Then the
// page at `next` is shown.
export async function deleteByName(address, name, typed, words, next) {
  const gone = await confirmByName(
    t(words.title),
    t(words.text, {name}),
    typed,
    t("data.delete_now"),
    async () => {
      await call("DELETE", address);
      return true;
    },
  );
  if (!gone) return;
  notice(t(words.done));
  await go(next);
}
