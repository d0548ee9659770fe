// Confirming and changing an email, and recovering from a lost password: /api/v1/auth/email/… and
// auth/password/…
#include "auth/signin/recovery.h"
#include "api/core/forms.h"
#include "api/core/guard.h"

#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/changes/email_change.h"

namespace authd::api {
namespace {

std::string_view name_of(auth::LinkKind kind) {
  switch (kind) {
    case auth::LinkKind::confirm: return "confirm";
    case auth::LinkKind::change: return "change";
    case auth::LinkKind::stop: return "stop";
    case auth::LinkKind::reset: return "reset";
    case auth::LinkKind::enroll: return "enroll";
  }
  __builtin_unreachable();
}

}  // namespace

// POST auth/password/forgot {email or username or login} → 200, always the same
Result<http::Reply> forgot_password(const Context& context) {
  const JsonObject form = TRY(context.form());
  TRY(auth::forgot_password(context.auth(), TRY(login_of(form)), context.origin()));
  return message_reply("If there is such an account, a mail is on its way to it.");
}

// POST auth/password/reset {token, new_password} → 200. {username} without a token requests the
// link, as clients of fastapi do.
Result<http::Reply> reset_password(const Context& context) {
  const JsonObject form = TRY(context.form());
  if (!form.has("token") && !form.has("new_password") &&
      features_of(context.auth().config).has(Feature::fastapi)) {
    return forgot_password(context);
  }
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const Password replacement = TRY(form.secret<Password>("new_password"));
  TRY(auth::reset_password(context.auth(), token, replacement, context.origin()));
  return message_reply("Password changed successfully");
}

// POST auth/email/verify {token, password?} → 200: after a sign-up or a change
Result<http::Reply> verify_email(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  std::optional<Password> password;
  if (auto text = TRY(form.optional_string("password")); text && !text->empty()) {
    password.emplace(std::move(*text));
  }
  const std::optional<std::string> session = own_session(context);
  const auth::Follower who{session, password ? &*password : nullptr};
  const auth::AccountView view =
      TRY(auth::confirm_any_email(context.auth(), token, who, context.origin()));
  JsonWriter json;
  json.begin_object().field("message", "Email confirmed").key("user");
  write_user(json, view.user, view.roles);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// POST auth/email/link {token} → 200 {"kind", "account", "email", "signed_in"}, and for a lost
// password or passkey {"has_password", "sets_password", "makes_passkey"}: changes nothing
Result<http::Reply> show_email_link(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const auth::MailedLink link =
      TRY(auth::look_at_link(context.auth(), token, own_session(context), context.origin()));
  JsonWriter json;
  json.begin_object().field("kind", name_of(link.kind)).field("account", link.account).key("email");
  if (link.email.empty()) {
    json.null();
  } else {
    json.value(link.email);
  }
  json.field("signed_in", link.is_signed_in);
  if (link.kind == auth::LinkKind::reset || link.kind == auth::LinkKind::enroll) {
    json.field("has_password", link.has_password)
        .field("sets_password", link.sets_password)
        .field("makes_passkey", link.makes_passkey);
  }
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// POST auth/email/stop {token} → 200: with the link that was mailed to the old address
Result<http::Reply> stop_email_change(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  TRY(auth::stop_email_change(context.auth(), token, context.origin()));
  return message_reply("The email stays as it is.");
}

// POST auth/email/resend {email} → 200, always the same
Result<http::Reply> resend_verification(const Context& context) {
  const JsonObject form = TRY(context.form());
  TRY(auth::send_verification(context.auth(), TRY(form.string("email")), context.origin()));
  return message_reply("If there is something to confirm, a mail is on its way.");
}

// POST auth/email/change {new_email} → 200
Result<http::Reply> change_email(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  TRY(auth::begin_email_change(context.auth(), person, TRY(form.string("new_email")),
                               context.origin()));
  return message_reply("Follow the link in the mail to the new address.");
}

}  // namespace authd::api
