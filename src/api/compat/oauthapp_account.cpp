// oauthapp: the user's own account: confirming its email, a lost password, the second factor, the
// profile.
#include <algorithm>

#include "api/compat/compat.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/qr_code.h"
#include "auth/accounts/factors/authenticator_app.h"
#include "auth/accounts/profile/avatars.h"
#include "auth/core/ways.h"
#include "auth/signin/recovery.h"
#include "base/encoding.h"
#include "config/compat.h"
#include "http/wire/body.h"

namespace authd::api::compat {
namespace {

auth::Origin origin(const Context& context) {
  return origin_of(context, config::kOauthapp);
}

OneTimeSecret token_of(const Context& context) {
  return OneTimeSecret(std::string(context.request.param("token")));
}

// A wrong link is invalid input, not a missing credential.
template <typename T>
Result<T> or_bad_link(Result<T> result) {
  if (result || result.error().code != ErrorCode::unauthenticated) return result;
  Error error = result.error();
  error.code = ErrorCode::malformed;
  return error;
}

// A browser opening a page: it accepts HTML, or says so in Fetch Metadata.
bool is_navigation(const http::Request& request) {
  return accepts_html(request) || request.header("sec-fetch-mode").value_or("") == "navigate";
}

Result<http::Reply> profile_reply(const Context& context, std::string_view message,
                                  const tables::User& user) {
  JsonWriter json;
  json.begin_object();
  if (!message.empty()) json.field("message", message);
  json.field("id", user.id.value);
  text_or_null(json, "username", user.username);
  text_or_null(json, "email", user.email);
  text_or_null(json, "first_name", user.first_name);
  text_or_null(json, "last_name", user.last_name);
  text_or_null(json, "phone_number", user.phone_number);
  std::string picture;
  if (!user.avatar_version.empty()) {
    const Result<tables::Avatar> avatar = auth::find_avatar(context.auth(), user.id);
    if (!avatar && avatar.error().code != ErrorCode::not_found) return avatar.error();
    if (avatar) picture = base64_encode(avatar->jpeg);
  }
  text_or_null(json, kPicture, picture);
  json.field("mfa_enabled", auth::has_factor(user));
  json.field("created_at", format_rfc3339(user.created_at)).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// GET /confirm/:token → 200 {"message"}. As that API promises, this lets the account log in; it
// does not confirm the email, because programs that scan mails follow every link. A browser gets a
// page that waits for a click, and HEAD does nothing.
Result<http::Reply> oauthapp_confirm(const Context& context) {
  if (context.request.method == http::Method::head) return http::Reply::text(200, "");
  if (is_navigation(context.request)) {
    return http::Reply::text(303, "Confirm it there.\n")
        .with("Location", "/verify-email?token=" + percent_encode(context.request.param("token")))
        .with("Cache-Control", "no-store");
  }
  TRY(or_bad_link(auth::activate_account(context.auth(), token_of(context), origin(context))));
  return message_reply("Email Confirmed. You can log in now");
}

// POST /resend-confirmation {email} → 200, always the same
Result<http::Reply> oauthapp_resend(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  TRY(auth::send_verification(context.auth(), TRY(required_text(form, "email")), origin(context)));
  return message_reply("If there is something to confirm, an email is on its way.");
}

// POST /forgot-password {email} → 200, always the same
Result<http::Reply> oauthapp_forgot(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  TRY(auth::forgot_password(context.auth(), TRY(required_text(form, "email")), origin(context)));
  return message_reply("If there is such an account, an email is on its way to it.");
}

// POST /reset-password/:token {password} → 200 {"message"}
Result<http::Reply> oauthapp_reset(const Context& context) {
  const JsonObject form = TRY(http::json_body(context.request));
  const Password replacement(TRY(required_text(form, "password")));
  TRY(or_bad_link(of_password(
      auth::reset_password(context.auth(), token_of(context), replacement, origin(context)))));
  return message_reply("Password Reset Successful");
}

// POST /mfa → 200 {"mfa_secret", "provisioning_uri", "qr_code_url"}
Result<http::Reply> oauthapp_begin_mfa(const Context& context, const auth::Person& person) {
  const auth::TotpSetup setup = TRY(auth::begin_totp(context.auth(), person));
  JsonWriter json;
  json.begin_object()
      .field("mfa_secret", setup.secret.reveal())
      .field("provisioning_uri", setup.uri.reveal())
      .field("qr_code_url",
             "data:image/svg+xml;base64," + base64_encode(qr_svg(setup.uri.reveal())))
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// PUT /mfa {mfa_code} → 200 {"message", "recovery_codes"}
Result<http::Reply> oauthapp_confirm_mfa(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(http::json_body(context.request));
  const OneTimeSecret code(TRY(required_text(form, "mfa_code")));
  const auto codes = TRY(auth::confirm_totp(context.auth(), person, code, origin(context)));
  JsonWriter json;
  json.begin_object().field("message", "MFA Enabled").key("recovery_codes").begin_array();
  for (const OneTimeSecret& one : codes)
    json.value(one.reveal());
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

// GET /profile → 200
Result<http::Reply> oauthapp_show_profile(const Context& context, const auth::Person& person) {
  return profile_reply(context, "", person.user());
}

// PUT /profile {username?, email?, first_name?, …, profile_picture?} → 200 {"message", …}: absent
// fields stay unchanged, and null removes the picture
Result<http::Reply> oauthapp_change_profile(const Context& context, const auth::Person& person) {
  const http::FormWithFile sent = TRY(http::json_body_with_file(context.request, kPicture));
  // The picture first, because it may be refused when everything else is valid.
  std::optional<tables::Avatar> avatar;
  if (sent.file && !sent.file->empty()) {
    avatar = TRY(of_picture(auth::make_avatar(context.auth(), *sent.file)));
  }
  auth::AccountView view = TRY(change_own_profile(context, person, sent.form, origin(context)));
  if (avatar) {
    view = TRY(auth::keep_avatar(context.auth(), person, *avatar, origin(context)));
  } else if (sent.form.has(kPicture)) {
    TRY(auth::remove_avatar(context.auth(), view.user.id, origin(context), &person));
    view.user.avatar_version.clear();
  }
  return profile_reply(context, "Profile Updated", view.user);
}

}  // namespace authd::api::compat
