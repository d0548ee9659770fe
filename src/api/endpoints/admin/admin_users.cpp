// Administration of accounts: /api/v1/admin/users…
#include <algorithm>

#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/people/bulk.h"
#include "auth/accounts/people/people.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/refusals.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/recovery.h"

namespace authd::api {
namespace {

Result<http::Reply> account_reply(const Context& context, int status,
                                  const auth::AccountView& view) {
  const auth::Services& s = context.auth();
  JsonWriter json;
  write_account(json, view, s.config, TRY(auth::look_at_retention(s, view.user.id)));
  return http::Reply::json(status, std::move(json));
}

// One of two parameters that mean the same.
Result<std::string> either_query(const Context& context, const char* name, const char* older) {
  const auto text = context.request.query(name);
  const auto before = context.request.query(older);
  if (text && before) {
    return Error{ErrorCode::invalid,
                 "\"" + std::string(older) + "\" is the older name of \"" + name +
                     "\": send only one of them.",
                 older};
  }
  return std::string(text.value_or(before.value_or("")));
}

Result<auth::PeopleQuery> people_query_of(const Context& context) {
  const auto text = [&](const char* name) {
    return std::string(context.request.query(name).value_or(""));
  };
  auth::PeopleWords words;
  words.search = TRY(either_query(context, "search", "q"));
  words.cursor = TRY(either_query(context, "cursor", "after"));
  words.role = text("role");
  words.state = text("state");
  words.verified = text("verified");
  words.mfa = text("mfa");
  words.provider = text("provider");
  words.active_before = text("active_before");
  words.active_after = text("active_after");
  words.sort = text("sort");
  return auth::parse_people_query(words);
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

// GET admin/users?search=&role=&state=&…&sort=&cursor=&limit= → {users, next, total}
Result<http::Reply> list_users(const Context& context) {
  const size_t limit = TRY(page_size(context));
  const auth::PeopleQuery query = TRY(people_query_of(context));
  const auth::PeoplePage page = TRY(auth::find_people(context.auth(), query, limit));
  JsonWriter json;
  write_people(json, page.accounts, page.next, page.total);
  return http::Reply::json(200, std::move(json));
}

// POST admin/users {username?, email?, password, …, roles?, attributes?} → 201
Result<http::Reply> add_user(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::NewAccount account = TRY(account_of(context.auth().config, form));
  account.attributes = TRY(auth::attribute_changes_of(form));
  account.roles = TRY(form.optional_strings("roles")).value_or(std::vector<std::string>{});
  account.must_change_password = TRY(form.optional_boolean("must_change_password")).value_or(false);
  const tables::User user = TRY(auth::create_account(context.auth(), account, context.origin()));
  return shown(context, user.id, 201);
}

Result<http::Reply> show_user(const Context& context) {
  return shown(context, TRY(user_in_path(context)));
}

// GET admin/users/:id/access → {has_password, …, lock}
Result<http::Reply> show_user_access(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  JsonWriter json;
  write_access(json, TRY(auth::account_access(context.auth(), id)));
  return http::Reply::json(200, std::move(json));
}

// PATCH admin/users/:id {username?, email?, email_verified?, first_name?, …}: an email takes effect
// at once
Result<http::Reply> change_user(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  const JsonObject form = TRY(context.form());
  auth::ProfileChange change = TRY(profile_change_of(form));
  change.email = TRY(change_of(form, "email"));
  change.email_verified = TRY(form.optional_boolean("email_verified"));
  change.attributes = TRY(auth::attribute_changes_of(form));
  change.must_change_password = TRY(form.optional_boolean("must_change_password"));
  const auth::AccountView view =
      TRY(auth::change_profile(context.auth(), id, change, context.origin()));
  return account_reply(context, 200, view);
}

Result<http::Reply> remove_user(const Context& context) {
  TRY(auth::delete_account(context.auth(), TRY(user_in_path(context)), context.origin()));
  return http::Reply::no_content();
}

namespace {

// Each takes a commit or a few.
constexpr size_t kMaxBulk = 100;

// Each once, in their order.
Result<std::vector<UserId>> bulk_ids_of(const JsonObject& form) {
  const auto numbers = TRY(form.optional_integers("ids")).value_or(std::vector<int64_t>{});
  if (numbers.empty() || numbers.size() > kMaxBulk) {
    return Error{ErrorCode::invalid, "\"ids\" must be 1 to 100 ids of users.", "ids"};
  }
  std::vector<UserId> ids;
  for (const int64_t number : numbers) {
    if (number < 1) return Error{ErrorCode::invalid, "An id is at least 1.", "ids"};
    const UserId id{static_cast<uint64_t>(number)};
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

}  // namespace

// POST admin/users/bulk {action, ids, role?, dry_run?}
//   → {action, dry_run, changed, unchanged, refused, results: [{id, outcome, error, message}]}
Result<http::Reply> change_users(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::BulkChange change;
  const std::string action = TRY(form.string("action"));
  change.action = TRY(auth::parse_bulk_action(action));
  change.role = TRY(form.optional_string("role")).value_or("");
  change.is_dry_run = TRY(form.optional_boolean("dry_run")).value_or(false);
  const std::vector<UserId> ids = TRY(bulk_ids_of(form));
  TRY(auth::check_bulk_change(context.auth(), change));
  const auth::Origin origin = context.origin();
  auth::Bulk bulk(context.auth(), change, origin);
  std::vector<auth::BulkOutcome> outcomes;
  for (const UserId id : ids)
    outcomes.push_back({id, "", bulk.apply(id)});
  JsonWriter json;
  write_bulk(json, action, change.is_dry_run, outcomes);
  return http::Reply::json(200, std::move(json));
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
