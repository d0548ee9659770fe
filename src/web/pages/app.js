// The pages' core and the sign-in pages. Those of the account and of administration are loaded when
// they are first opened.

import "./_core/dialog.js";
import {route, start} from "./_core/router.js";
import {emailLink, magicLink} from "./_signin/links.js";
import {forgot, reset} from "./_signin/recovery.js";
import {signIn} from "./_signin/sign_in.js";
import {setUp, signUp} from "./_signin/sign_up.js";

const SIGN_IN = {access: "guest", title: "signin.title", show: signIn};
const ACCOUNT = {access: "user", module: "/ui/account.js"};
const ADMIN = {access: "admin", module: "/ui/admin.js"};
route(
  {path: "/signin", ...SIGN_IN},
  {path: "/", ...SIGN_IN},
  {path: "/index.html", ...SIGN_IN},
  {path: "/signup", access: "guest", title: "signup.title", show: signUp},
  {path: "/register.html", access: "guest", title: "signup.title", show: signUp},
  {path: "/forgot", access: "anyone", title: "forgot.title", show: forgot},
  {path: "/reset", access: "anyone", title: "reset.title", show: reset},
  {path: "/reset-password", access: "anyone", title: "reset.title", show: reset},
  {path: "/confirm", access: "anyone", title: "confirm.title", show: emailLink},
  {path: "/verify-email", access: "anyone", title: "confirm.title", show: emailLink},
  {path: "/confirm-email", access: "anyone", title: "confirm.title", show: emailLink},
  {path: "/stop-email-change", access: "anyone", title: "stop.title", show: emailLink},
  {path: "/magic-link", access: "anyone", title: "magic.title", show: magicLink},
  {path: "/setup", access: "anyone", title: "setup.title", show: setUp},
  {path: "/account", ...ACCOUNT, title: "profile.title", show: "profile"},
  {path: "/dashboard.html", ...ACCOUNT, title: "profile.title", show: "profile"},
  {path: "/account/security", ...ACCOUNT, title: "security.title", show: "security"},
  {path: "/account/sessions", ...ACCOUNT, title: "sessions.title", show: "sessions"},
  {path: "/account/linked", ...ACCOUNT, title: "linked.title", show: "linked"},
  {path: "/account/data", ...ACCOUNT, title: "data.title", show: "personalData"},
  {path: "/admin", ...ADMIN, title: "overview.title", show: "overview"},
  {path: "/admin/users", ...ADMIN, title: "users.title", show: "users"},
  {path: "/admin/users/:id", ...ADMIN, title: "user.title", show: "user"},
  {path: "/admin/roles", ...ADMIN, title: "roles.title", show: "roles"},
  {path: "/admin/clients", ...ADMIN, title: "clients.title", show: "clients"},
  {path: "/admin/keys", ...ADMIN, title: "keys.title", show: "keys"},
  {path: "/admin/audit", ...ADMIN, title: "audit.title", show: "audit"},
  {path: "/admin/mail", ...ADMIN, title: "mail.title", show: "mail"},
  {path: "/admin/settings", ...ADMIN, title: "settings.title", show: "settings"},
);
start();
