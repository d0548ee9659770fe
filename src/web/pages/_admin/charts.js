// Charts of what happened day by day: columns on top of each other, or lines. Each is a figure with
// a heading, a sentence that says what is to be seen, a drawing, and a table with the numbers.
// Series differ in their pattern or dashes: colour alone says nothing.

import {add, h, newId, replace, t} from "../_account/core.js";
import {dayText} from "./chart_texts.js";
import {none, table} from "./layout.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 140;
const TOP = 6; // so that the markers of the largest value are not cut off
const LEAST = 2; // pixels of a column that is not 0
const PATTERNS = ["solid", "striped", "hollow", "dotted"];
const DASHES = ["", "5 4"];

function drawn(tag, props, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(props))
    if (value !== null && value !== "") element.setAttribute(name, value);
  return add(element, children);
}

// The end of the scale: 1, 2 or 5 with zeros.
function roundedUp(value) {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * unit).find((end) => end >= value);
}

const PATTERN_MARKS = {
  striped: () => drawn("path", {d: "M-1 1 1-1M0 6 6 0M5 7 7 5", class: "stroke"}),
  dotted: () => drawn("circle", {cx: 3, cy: 3, r: 1.3, class: "filled"}),
};

function pattern(id, kind) {
  const marks = PATTERN_MARKS[kind];
  if (!marks) return null;
  return drawn(
    "pattern",
    {id, width: 6, height: 6, patternUnits: "userSpaceOnUse"},
    drawn("rect", {width: 6, height: 6, class: "ground"}),
    marks(),
  );
}

const toneOf = (one) => `series ${one.tone ?? ""}`.trim();

function block(one, i, id, place) {
  const kind = PATTERNS[i];
  const isPattern = kind in PATTERN_MARKS;
  return drawn("rect", {
    ...place,
    class: isPattern ? "block" : `block ${kind}`,
    fill: isPattern ? `url(#${id})` : null,
  });
}

function marker(i, x, y) {
  return i === 0
    ? drawn("circle", {cx: x, cy: y, r: 2.6, class: "filled"})
    : drawn("rect", {x: x - 2.5, y: y - 2.5, width: 5, height: 5, class: "filled"});
}

// Columns, in which the series stand on top of each other.
function columns({series, days, end}, ids, width) {
  const step = width / days.length;
  const wide = Math.max(1, step * 0.72);
  const from = days.map(() => HEIGHT);
  return series.map((one, i) =>
    drawn(
      "g",
      {class: toneOf(one)},
      drawn("defs", {}, pattern(ids[i], PATTERNS[i])),
      one.values.map((value, at) => {
        if (!value) return null;
        const height = Math.max(LEAST, (value / end) * (HEIGHT - TOP));
        from[at] -= height;
        const x = at * step + (step - wide) / 2;
        return block(one, i, ids[i], {x, y: from[at], width: wide, height});
      }),
    ),
  );
}

// Lines, which end where nothing was recorded.
function lines({series, days, end}, _, width) {
  const step = width / days.length;
  return series.map((one, i) => {
    const points = one.values.map((value, at) =>
      value === null
        ? null
        : [(at + 0.5) * step, HEIGHT - (value / end) * (HEIGHT - TOP)].map((p) => +p.toFixed(1)),
    );
    const path = points
      .map((point, at) => point && `${points[at - 1] ? "L" : "M"}${point.join(" ")}`)
      .filter(Boolean)
      .join("");
    return drawn(
      "g",
      {class: toneOf(one)},
      drawn("path", {d: path, class: "line", "stroke-dasharray": DASHES[i]}),
      points.map((point) => point && marker(i, ...point)),
    );
  });
}

function swatch(one, i, isLines, id) {
  return drawn(
    "svg",
    {width: 22, height: 14, class: "swatch", "aria-hidden": "true", focusable: "false"},
    drawn(
      "g",
      {class: toneOf(one)},
      isLines
        ? [
            drawn("path", {d: "M0 7H22", class: "line", "stroke-dasharray": DASHES[i]}),
            marker(i, 11, 7),
          ]
        : [
            drawn("defs", {}, pattern(id, PATTERNS[i])),
            block(one, i, id, {x: 1, y: 1, width: 20, height: 12}),
          ],
    ),
  );
}

const sumOf = (values) => values.reduce((sum, value) => sum + (value ?? 0), 0);
const lastOf = (values) => values.findLast((value) => value !== null) ?? null;

function legend({series, isLines, format}) {
  if (series.length < 2) return null;
  return h(
    "ul",
    {class: "legend"},
    series.map((one, i) => {
      const value = isLines ? lastOf(one.values) : sumOf(one.values);
      return h(
        "li",
        {},
        swatch(one, i, isLines, newId("pattern")),
        h("span", {}, t(one.label)),
        h("strong", {}, value === null ? "–" : format(value)),
      );
    }),
  );
}

// How the columns went, in words.
function saidOfColumns({series, days, format}) {
  const each = days.map((_, at) => sumOf(series.map((one) => one.values[at])));
  const total = sumOf(each);
  if (total === 0) return t("stats.none");
  const most = Math.max(...each);
  return t("stats.sum", {
    total: format(total),
    most: format(most),
    day: dayText(days[each.indexOf(most)]),
  });
}

// And the first of the lines.
function saidOfLines({series: [{values}], days, format}) {
  const first = values.findIndex((value) => value !== null);
  if (first < 0) return t("stats.unseen");
  const last = values.findLastIndex((value) => value !== null);
  if (first === last) return t("stats.now", {last: format(values[last])});
  return t("stats.level", {
    last: format(values[last]),
    first: format(values[first]),
    day: dayText(days[first]),
  });
}

function numbersOf({title, series, days, format}) {
  const list = table(t(title), ["stats.day", ...series.map((one) => one.label)]);
  const rows = days.map((day, at) => [
    dayText(day),
    ...series.map(({values}) => (values[at] === null ? none() : format(values[at]))),
  ]);
  list.show(rows.reverse());
  return h(
    "details",
    {},
    h("summary", {}, t("stats.numbers"), h("span", {class: "unseen"}, `: ${t(title)}`)),
    list.element,
  );
}

// The drawing has as many units as it has pixels, so it is drawn again when its width changes.
function drawing(told, heading, said) {
  const svg = drawn("svg", {
    role: "img",
    "aria-labelledby": heading,
    "aria-describedby": said,
    height: HEIGHT,
  });
  const ids = told.series.map(() => newId("pattern"));
  let shown = 0;
  const draw = (width) => {
    if (width === shown || width <= 0) return;
    shown = width;
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const grid = [TOP, (TOP + HEIGHT) / 2, HEIGHT].map((y) =>
      drawn("path", {d: `M0 ${y}H${width}`, class: "grid"}),
    );
    replace(svg, grid, (told.isLines ? lines : columns)(told, ids, width));
  };
  draw(360);
  new ResizeObserver(([box]) => draw(Math.round(box.contentRect.width))).observe(svg);
  return svg;
}

// `title` and the labels of the series are keys of the catalogue. `series` are up to four columns
// or two lines, [{label, values, tone}], with a value or null for each of the days. `format` writes
// a value, and `end` is the end of the scale where it does not depend on the values.
export function chart({title, days, series, isLines = false, isWide = false, format, end = null}) {
  const most = isLines
    ? Math.max(0, ...series.flatMap((one) => one.values))
    : Math.max(...days.map((_, at) => sumOf(series.map((one) => one.values[at]))));
  const told = {title, days, series, isLines, format, end: end ?? roundedUp(most)};
  const heading = newId("chart");
  const said = newId("chart");
  return h(
    "figure",
    {class: isWide ? "panel chart wide" : "panel chart", "aria-labelledby": heading},
    h(
      "figcaption",
      {},
      h("h3", {id: heading}, t(title)),
      h("p", {class: "soft", id: said}, (isLines ? saidOfLines : saidOfColumns)(told)),
    ),
    legend(told),
    h(
      "div",
      {class: "plot"},
      h(
        "div",
        {class: "scale", "aria-hidden": "true"},
        h("span", {}, format(told.end)),
        h("span", {}, format(0)),
      ),
      drawing(told, heading, said),
      h(
        "div",
        {class: "ends", "aria-hidden": "true"},
        h("span", {}, dayText(days[0])),
        h("span", {}, dayText(days.at(-1))),
      ),
    ),
    numbersOf(told),
  );
}
