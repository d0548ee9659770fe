// The caller's authenticator app and recovery codes: /api/v1/users/me/mfa/…
#include "auth/accounts/factors/second_factor.h"

#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/qr_code.h"

namespace authd::api {
namespace {

http::Reply codes_reply(std::string_view message, const std::vector<OneTimeSecret>& codes) {
  JsonWriter json;
  json.begin_object().field("message", message);
  write_recovery_codes(json, codes);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// POST users/me/mfa/totp → 200 {secret, uri, qr_svg}
Result<http::Reply> begin_totp(const Context& context, const auth::Person& person) {
  const auth::TotpSetup setup = TRY(auth::begin_totp(context.auth(), person));
  JsonWriter json;
  json.begin_object()
      .field("secret", setup.secret.reveal())
      .field("uri", setup.uri.reveal())
      .field("qr_svg", qr_svg(setup.uri.reveal()))
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// POST users/me/mfa/totp/confirm {code} → 200 {recovery_codes}
Result<http::Reply> confirm_totp(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret code = TRY(form.secret<OneTimeSecret>("code"));
  return codes_reply("Two-factor authentication is on. Keep the recovery codes in a safe place.",
                     TRY(auth::confirm_totp(context.auth(), person, code, context.origin())));
}

Result<http::Reply> remove_totp(const Context& context, const auth::Person& person) {
  TRY(auth::remove_factor(context.auth(), person, auth::Method::totp, context.origin()));
  return message_reply("Two-factor authentication is off");
}

// POST users/me/mfa/recovery-codes → 200 {recovery_codes}
Result<http::Reply> renew_recovery_codes(const Context& context, const auth::Person& person) {
  return codes_reply("The earlier codes are no longer valid.",
                     TRY(auth::renew_recovery_codes(context.auth(), person, context.origin())));
}

}  // namespace authd::api
