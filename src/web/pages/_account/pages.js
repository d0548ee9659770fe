// Lists that come page by page.

import {action, h, notice, replace, t} from "./core.js";

// Pages that may be empty although there are more: as many as one look asks for.
const MOST_EMPTY = 10;

// `load(after)` gives {rows, next}; `list` is {show, append}. An answer to an earlier question is
// not shown any more.
export function pages(list, load) {
  const more = h("div", {class: "more"});
  let turn = 0;
  const step = async (after) => {
    turn += 1;
    const mine = turn;
    let found = await load(after);
    for (let i = 0; i < MOST_EMPTY && found.rows.length === 0 && found.next; ++i) {
      if (mine !== turn) return;
      found = await load(found.next);
    }
    if (mine !== turn) return;
    if (after === "") list.show(found.rows);
    else list.append(found.rows);
    const next = () => step(found.next).catch((error) => notice(error.message, "bad"));
    replace(more, found.next ? action(t("more"), next) : null);
  };
  return {more, restart: () => step("")};
}
