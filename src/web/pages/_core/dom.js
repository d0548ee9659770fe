// Elements from code. Text stays text, so nothing that a server or a person wrote becomes markup.

const SVG = "http://www.w3.org/2000/svg";

// h("a", {href: "/x", class: "link", onclick: f}, "text", child, [more]); null and false children
// are left out. A property that starts with "on" is a listener; true is a bare attribute.
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

export function add(parent, ...children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

export function replace(parent, ...children) {
  parent.replaceChildren();
  return add(parent, ...children);
}

let count = 0;
export function newId(prefix = "id") {
  count += 1;
  return `${prefix}-${count}`;
}

// Strokes on a grid of 24; drawn for these pages.
const ICONS = {
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20a7.5 7.5 0 0 1 15 0",
  shield: "M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6L12 3ZM9 12l2.2 2.2L15.2 10",
  devices: "M3 5h13v9H3zM1.5 18h11M16.5 9.5h5.5V20h-5.5zM9.5 14v4",
  link:
    "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1" +
    "M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  data: "M12 3v11M7.5 10 12 14.5 16.5 10M4 18.5h16",
  users:
    "M9 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5a6.5 6.5 0 0 1 13 0" +
    "M16 5.2a3.5 3.5 0 0 1 0 6.6M18 14a6.5 6.5 0 0 1 3.5 5.5",
  key: "M12 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM12 12h8.5v3.5M16.5 12v2.5",
  passkey:
    "M9.5 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM2.5 20a7 7 0 0 1 9.5-6.5" +
    "M17.5 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM17.5 15v6M17.5 18.5H20",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  mail: "M3 6h18v12H3zM3.5 6.5 12 13l8.5-6.5",
  gear:
    "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM12 2.8v3M12 18.2v3M21.2 12h-3" +
    "M5.8 12h-3M18.5 5.5l-2.1 2.1M7.6 16.4l-2.1 2.1M18.5 18.5l-2.1-2.1M7.6 7.6 5.5 5.5",
  app: "M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z",
  badge: "M12 13a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM9 12.5 7.5 21l4.5-2.5L16.5 21 15 12.5",
  sun:
    "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2.5M12 19.5V22M22 12h-2.5M4.5 12H2" +
    "M19 5l-1.8 1.8M6.8 17.2 5 19M19 19l-1.8-1.8M6.8 6.8 5 5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 3.5v17M12 8h5.5M12 12h8.5M12 16h5.5",
  eye:
    "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" +
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  hidden:
    "M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7" +
    "M6.5 7.5A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4-.9M9.9 9.9a3 3 0 0 0 4.2 4.2",
  check: "M4.5 12.5l5 5 10-11",
  alert: "M12 8v5M12 16.5h.01M12 3.5 2.5 20h19L12 3.5Z",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 11v5.5M12 7.5h.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  out: "M14 4h6v16h-6M4 12h11M11 8l4 4-4 4",
  arrow: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  search: "M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM20 20l-4.4-4.4",
  program: "M3 4.5h18v15H3zM7 9.5l3 2.5-3 2.5M12.5 15H17",
  phone: "M7 2.5h10v19H7zM11 18.5h2",
  home: "M4 11l8-7 8 7M6 9.5V20h12V9.5",
  globe:
    "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.5 12h17M12 3.5c3 2.5 3.5 14 0 17" +
    "M12 3.5c-3 2.5-3.5 14 0 17",
};

export function icon(name, size = 20) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24",
    width: size,
    height: size,
    class: `icon icon-${name}`,
    "aria-hidden": "true",
    focusable: "false",
  }))
    svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
