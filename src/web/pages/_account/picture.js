// A picture, of an account or of an application: chosen, cut to a square and made small here, then
// sent.

import {action, attempt, call, dialog, get, h, icon, notice, path, portrait, t} from "./core.js";

const SIZE = 500;
const VIEW = 280;
const MAX_BYTES = 16 << 20;

// `shown` is what it is now; `has` says whether there is one. `send(blob)` and `remove()` answer
// whether it went well.
export function pictureChoice(shown, has, send, remove) {
  const file = h("input", {
    type: "file",
    accept: "image/png,image/jpeg,image/gif,image/webp",
    class: "unseen",
    id: "picture",
    "aria-label": t("picture.choose"),
  });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) await cut(chosen, send);
  });
  return h(
    "div",
    {class: "picture"},
    shown,
    h(
      "div",
      {class: "row tight"},
      h("label", {for: "picture", class: "button small"}, t("picture.choose")),
      file,
      has ? action(t("picture.remove"), remove, {kind: "small"}) : null,
    ),
  );
}

export function choosePicture(user, show) {
  const change = async (run, text) => {
    const is_done = await attempt(run, text);
    if (is_done) show(await get("users/me"));
    return is_done;
  };
  return pictureChoice(
    portrait(user, 96),
    user.avatar_url,
    (blob) => change(() => call("PUT", path`users/me/avatar`, blob), t("picture.changed")),
    () => change(() => call("DELETE", "users/me/avatar"), t("picture.removed")),
  );
}

async function cut(chosen, send) {
  let image;
  try {
    if (chosen.size > MAX_BYTES) throw new Error("too large");
    image = await createImageBitmap(chosen);
  } catch {
    notice(t("picture.unreadable"), "bad");
    return;
  }
  const smallest = VIEW / Math.min(image.width, image.height);
  let zoom = 1;
  let x = 0; // of the picture's middle, from the view's middle
  let y = 0;
  const view = h("canvas", {
    width: VIEW,
    height: VIEW,
    class: "cut",
    tabindex: "0",
    role: "img",
    "aria-label": t("picture.move"),
  });
  const draw = (canvas) => {
    const factor = canvas.width / VIEW;
    const scale = smallest * zoom;
    const reach = (size) => Math.max(0, (size * scale - VIEW) / 2);
    x = Math.min(Math.max(x, -reach(image.width)), reach(image.width));
    y = Math.min(Math.max(y, -reach(image.height)), reach(image.height));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const [w, tall] = [image.width * scale * factor, image.height * scale * factor];
    context.drawImage(
      image,
      canvas.width / 2 + x * factor - w / 2,
      canvas.height / 2 + y * factor - tall / 2,
      w,
      tall,
    );
  };
  let from = null;
  view.addEventListener("pointerdown", (event) => {
    from = {x: event.clientX - x, y: event.clientY - y};
    view.setPointerCapture(event.pointerId);
  });
  view.addEventListener("pointermove", (event) => {
    if (!from) return;
    [x, y] = [event.clientX - from.x, event.clientY - from.y];
    draw(view);
  });
  view.addEventListener("pointerup", () => {
    from = null;
  });
  view.addEventListener("keydown", (event) => {
    const step = {ArrowLeft: [8, 0], ArrowRight: [-8, 0], ArrowUp: [0, 8], ArrowDown: [0, -8]}[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    [x, y] = [x + step[0], y + step[1]];
    draw(view);
  });
  const slider = h("input", {type: "range", min: 1, max: 4, step: 0.05, value: 1, id: "zoom"});
  slider.addEventListener("input", () => {
    zoom = Number(slider.value);
    draw(view);
  });
  draw(view);
  await dialog(t("picture.cut"), (close) => [
    view,
    h(
      "label",
      {for: "zoom", class: "zoom"},
      icon("search"),
      h("span", {class: "unseen"}, t("picture.zoom")),
      slider,
    ),
    h("p", {class: "note"}, t("picture.hint")),
    h(
      "div",
      {class: "actions"},
      h("button", {type: "button", onclick: () => close()}, t("cancel")),
      action(
        t("picture.use"),
        async () => {
          const canvas = h("canvas", {width: SIZE, height: SIZE});
          draw(canvas);
          const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
          if (await send(blob)) close();
        },
        {kind: "primary"},
      ),
    ),
  ]);
  image.close();
}
