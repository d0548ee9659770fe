// What these pages take of the core; one import for all of them.

import {
  action, add, ago, attempt, boot, button, call, card, codeField, confirm, confirmField, day, dialog, drawFrame, field, forget, form,
  fullName, get, go, h, has, icon, message, moment, newPasswordField, notice, number, path, portrait, post, replace, row, secretBox,
  setUser, t, wait, withProof,
} from "/ui/app.js";

export {
  action, add, ago, attempt, boot, button, call, card, codeField, confirm, confirmField, day, dialog, drawFrame, field, forget, form,
  fullName, get, go, h, has, icon, message, moment, newPasswordField, notice, number, path, portrait, post, replace, row, secretBox,
  setUser, t, wait, withProof,
};
