// Administration of accounts: /api/v1/admin/users…
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/accounts.h"
#include "auth/accounts/role_grants.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/attempts.h"
#include "auth/core/refusals.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/recovery.h"

namespace authd::api {
namespace {

http::Reply account_reply(const Context& context, int status, const auth::AccountView& view) {
  JsonWriter json;
  write_account(json, view, context.auth().config, auth::AttributeSide::admin);
  return http::Reply::json(status, std::move(json));
}

Result<http::Reply> shown(const Context& context, UserId id, int status = 200) {
  return account_reply(context, status, TRY(auth::view_account(context.auth(), id)));
}

}  // namespace

// GET admin/attributes → {attributes: [{name, label, type, is_writable, read, write, …}]}
Result<http::Reply> list_attributes(const Context& context) {
  JsonWriter json;
  write_declarations(json, context.auth().config, auth::AttributeSide::admin);
  return http::Reply::json(200, std::move(json));
}

// GET admin/users?q=&after=&limit= → {users, next}
Result<http::Reply> list_users(const Context& context) {
  const size_t limit = TRY(page_size(context));
  const std::string_view query = context.request.query("q").value_or("");
  auth::AccountPage page;
  if (query.empty()) {
    const uint64_t after = TRY(number_of(context, "after", 0));
    page.accounts = TRY(auth::list_accounts(context.auth(), UserId{after}, limit));
    if (page.accounts.size() == limit) {
      page.next = std::to_string(page.accounts.back().user.id.value);
    }
  } else {
    page = TRY(auth::search_accounts(context.auth(), query,
                                     context.request.query("after").value_or(""), limit));
  }
  JsonWriter json;
  write_page(
      json, "users", page.accounts,
      [](JsonWriter& to, const auth::AccountView& view) { write_account(to, view); }, page.next);
  return http::Reply::json(200, std::move(json));
}

// POST admin/users {username?, email?, password, …, roles?, attributes?} → 201
Result<http::Reply> add_user(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::NewAccount account = TRY(account_of(context.auth().config, form));
  account.attributes = TRY(auth::attribute_changes_of(form));
  account.roles = TRY(form.optional_strings("roles")).value_or(std::vector<std::string>{});
  const tables::User user = TRY(auth::create_account(context.auth(), account, context.origin()));
  return shown(context, user.id, 201);
}

Result<http::Reply> show_user(const Context& context) {
  return shown(context, TRY(user_in_path(context)));
}

// PATCH admin/users/:id {username?, email?, first_name?, …}: an email takes effect at once
Result<http::Reply> change_user(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  const JsonObject form = TRY(context.form());
  auth::ProfileChange change = TRY(profile_change_of(form));
  change.email = TRY(change_of(form, "email"));
  change.attributes = TRY(auth::attribute_changes_of(form));
  const auth::AccountView view =
      TRY(auth::change_profile(context.auth(), id, change, context.origin()));
  return account_reply(context, 200, view);
}

Result<http::Reply> remove_user(const Context& context) {
  TRY(auth::delete_account(context.auth(), TRY(user_in_path(context)), context.origin()));
  return http::Reply::no_content();
}

Result<http::Reply> disable_user(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::set_disabled(context.auth(), id, true, context.origin()));
  return shown(context, id);
}

Result<http::Reply> enable_user(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::set_disabled(context.auth(), id, false, context.origin()));
  return shown(context, id);
}

Result<http::Reply> log_user_out(const Context& context) {
  TRY(auth::end_all_sessions(context.auth(), TRY(user_in_path(context)), context.origin()));
  return http::Reply::no_content();
}

// Mails the user a link; administrators never learn a password.
Result<http::Reply> send_reset(const Context& context) {
  const auth::AccountView view =
      TRY(auth::view_account(context.auth(), TRY(user_in_path(context))));
  if (view.user.email.empty()) {
    return Error{ErrorCode::conflict, "This account has no email.", "email", "no_email"};
  }
  TRY(auth::forgot_password(context.auth(), view.user.email, context.origin()));
  return message_reply("A mail is on its way.");
}

Result<http::Reply> reset_user_mfa(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::reset_factors(context.auth(), id, context.origin()));
  return shown(context, id);
}

Result<http::Reply> unlock_user(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::view_account(context.auth(), id));
  TRY(auth::unlock(context.auth(), id, context.origin()));
  return shown(context, id);
}

// GET admin/users/:id/sessions?kind= → 200 {"sessions": […]}
Result<http::Reply> list_user_sessions(const Context& context, const auth::UserCaller& caller) {
  return sessions_reply(context, TRY(user_in_path(context)), caller);
}

// PUT and DELETE admin/users/:id/roles/:role
Result<http::Reply> grant_user_role(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::grant_role(context.auth(), id, context.request.param("role"), context.origin()));
  return shown(context, id);
}

Result<http::Reply> revoke_user_role(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::revoke_role(context.auth(), id, context.request.param("role"), context.origin()));
  return shown(context, id);
}

}  // namespace authd::api
