// Administration of the tokens with which programs register clients (RFC 7591 section 3).
#include "api/core/registration_tokens.h"

#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "config/reading/values.h"

namespace authd::api {
namespace {

// How long the new token is good: 30 days unless the form says otherwise.
Result<Milliseconds> life_in(const JsonObject& form) {
  const auto text = TRY(form.optional_string(auth::kRegistrationLifeField));
  if (!text) return auth::kRegistrationLife;
  const Result<Milliseconds> parsed = config::parse_duration(*text);
  if (parsed) return *parsed;
  return Error{ErrorCode::invalid, "This must be a duration such as \"30d\".",
               std::string(auth::kRegistrationLifeField)};
}

}  // namespace

Result<http::Reply> list_registration_tokens(const Context& context) {
  JsonWriter json;
  write_list(json, "registration_tokens", TRY(auth::list_registration_tokens(context.auth())),
             &write_registration_token);
  return http::Reply::json(200, std::move(json));
}

// POST admin/registration-tokens {name, uses?, expires_in?} → 201 with "token", which is shown only
// this once
Result<http::Reply> add_registration_token(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::string name = TRY(form.string("name"));
  const int64_t uses = TRY(form.optional_integer("uses")).value_or(1);
  const Milliseconds life = TRY(life_in(form));
  const auth::MadeRegistrationToken made = TRY(auth::add_registration_token(
      context.auth(), name, uses < 0 ? 0 : static_cast<uint64_t>(uses), life, context.origin()));
  JsonWriter json;
  write_made_registration_token(json, made);
  return http::Reply::json(201, std::move(json));
}

// The clients that registered with it stay.
Result<http::Reply> revoke_registration_token(const Context& context) {
  TRY(auth::revoke_registration_token(context.auth(), context.request.param("id"),
                                      context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
