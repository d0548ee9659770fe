// The caller's own account and sessions: /api/v1/users/me
#include "api/core/browser_session.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/changes/email_change.h"
#include "auth/core/refusals.h"
#include "auth/sessions/sessions.h"

namespace authd::api {
namespace {

http::Reply user_reply(const Context& context, const auth::AccountView& view) {
  JsonWriter json;
  write_account(json, view, context.auth().config, auth::AttributeSide::owner);
  return http::Reply::json(200, std::move(json));
}

}  // namespace

Result<http::Reply> get_me(const Context& context, const auth::UserCaller& caller) {
  auth::AccountView view{caller.user(), caller.roles(), {}};
  view.attributes = TRY(auth::view_attributes(context.auth(), caller.user().id));
  return user_reply(context, view);
}

// GET users/me/attributes → {attributes: [{name, label, type, is_writable}]}
Result<http::Reply> list_my_attributes(const Context& context, const auth::UserCaller&) {
  JsonWriter json;
  write_declarations(json, context.auth().config, auth::AttributeSide::owner);
  return http::Reply::json(200, std::move(json));
}

// Absent fields stay unchanged. A new email takes effect when its mailed link is followed; null
// removes the email at once.
Result<auth::AccountView> change_own_profile(const Context& context, const auth::Person& person,
                                             const JsonObject& form, const auth::Origin& origin,
                                             auth::AttributeChanges attributes) {
  auth::ProfileChange change = TRY(profile_change_of(form));
  change.attributes = std::move(attributes);
  const auto email = TRY(change_of(form, "email"));
  const bool has_new_email = email && !email->empty() && *email != person.user().email;
  if (email && email->empty()) change.email = email;
  if (has_new_email) {
    TRY(auth::begin_email_change(context.auth(), person, *email, origin));
  }
  return auth::change_own_profile(context.auth(), person, change, origin);
}

// GET users/me/activity?before=&limit= → {events, next, looked_to}, newest first
Result<http::Reply> list_my_activity(const Context& context, const auth::Person& person) {
  const size_t limit = TRY(page_size(context));
  const uint64_t before = TRY(number_of(context, "before", 0));
  const auth::OwnActivity activity =
      TRY(auth::list_own_activity(context.auth(), person.user(), before, limit));
  JsonWriter json;
  json.begin_object().key("events").begin_array();
  for (const auth::OwnEvent& event : activity.events)
    write_own_event(json, event);
  json.end_array();
  text_or_null(json, "next", activity.next == 0 ? "" : std::to_string(activity.next));
  time_or_null(json, "looked_to", activity.looked_to);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// PATCH and PUT users/me {username?, email?, first_name?, last_name?, phone_number?, attributes?}
Result<http::Reply> change_me(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  auth::AttributeChanges attributes = TRY(auth::attribute_changes_of(form));
  // Before a mail goes out about a new email.
  TRY(auth::check_attribute_changes(context.auth().config, attributes, auth::AttributeSide::owner));
  const auth::AccountView view =
      TRY(change_own_profile(context, person, form, context.origin(), std::move(attributes)));
  return user_reply(context, view);
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
