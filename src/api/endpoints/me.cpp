// The caller's own account and sessions: /api/v1/users/me
#include "api/core/browser_session.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/accounts.h"
#include "auth/accounts/email_change.h"
#include "auth/core/refusals.h"
#include "auth/sessions/sessions.h"

namespace authd::api {
namespace {

http::Reply user_reply(const tables::User& user, const std::vector<std::string>& roles) {
  JsonWriter json;
  write_user(json, user, roles);
  return http::Reply::json(200, std::move(json));
}

}  // namespace

Result<http::Reply> get_me(const Context&, const auth::UserCaller& caller) {
  return user_reply(caller.user(), caller.roles());
}

// Absent fields stay unchanged. A new email takes effect when its mailed link is followed; null
// removes the email at once.
Result<auth::AccountView> change_own_profile(const Context& context, const auth::Person& person,
                                             const JsonObject& form, const auth::Origin& origin) {
  auth::ProfileChange change = TRY(profile_change_of(form));
  const auto email = TRY(change_of(form, "email"));
  const bool has_new_email = email && !email->empty() && *email != person.user().email;
  if (email && email->empty()) change.email = email;
  if (has_new_email) {
    TRY(auth::begin_email_change(context.auth(), person, *email, origin));
  }
  return auth::change_own_profile(context.auth(), person, change, origin);
}

// PATCH and PUT users/me {username?, email?, first_name?, last_name?, phone_number?}
Result<http::Reply> change_me(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const auth::AccountView view = TRY(change_own_profile(context, person, form, context.origin()));
  return user_reply(view.user, view.roles);
}

Result<http::Reply> delete_me(const Context& context, const auth::Person& person) {
  TRY(auth::delete_own_account(context.auth(), person, context.origin()));
  return forget_session(context, person, message_reply("Account deleted successfully"));
}

// GET users/me/sessions?kind= → 200 {"sessions": […]}
Result<http::Reply> list_my_sessions(const Context& context, const auth::Person& person) {
  return sessions_reply(context, person.user().id, person);
}

Result<http::Reply> end_my_session(const Context& context, const auth::Person& person) {
  const std::optional<std::string> id = auth::parse_session_id(context.request.param("id"));
  if (!id) return auth::no_such_session();
  TRY(auth::end_own_session(context.auth(), person.user().id, *id, context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
