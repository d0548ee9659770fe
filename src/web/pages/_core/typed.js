// The server sends the first page as a plain form, and people may type before these scripts are
// there. What they typed, and where they were, goes on in the form that takes its place.

const fields = (main) => main.querySelectorAll("input[name]:not([type=hidden])");

// What has been changed, by the names of the fields, and the field that has the focus.
export function readTyped(main) {
  return [...fields(main)]
    .map((input) => ({
      name: input.name,
      value: input.value,
      is_changed: input.value !== input.defaultValue,
      caret: input === document.activeElement ? input.selectionStart : null,
      has_focus: input === document.activeElement,
    }))
    .filter(({is_changed, has_focus}) => is_changed || has_focus);
}

// Returns whether a field has the focus now.
export function writeTyped(main, typed) {
  let is_focused = false;
  for (const {name, value, is_changed, has_focus, caret} of typed) {
    const input = [...fields(main)].find((one) => one.name === name);
    if (!input) continue;
    if (is_changed) input.value = value;
    if (!has_focus) continue;
    input.focus();
    if (caret !== null) input.setSelectionRange(caret, caret);
    is_focused = true;
  }
  return is_focused;
}
