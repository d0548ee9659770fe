#include "api/core/forms.h"

#include <algorithm>

#include "auth/accounts/factors/passkey_factor.h"
#include "auth/core/login_methods.h"
#include "auth/core/refusals.h"
#include "base/text.h"

namespace authd::api {
namespace {

constexpr size_t kPage = 50;
constexpr size_t kMaxPage = 500;

}  // namespace

Result<std::string> login_of(const JsonObject& form) {
  for (const std::string_view field : {"login", "username", "email"}) {
    if (const auto text = TRY(form.optional_string(field)); text && !text->empty()) return *text;
  }
  return Error{ErrorCode::invalid, "\"username\", \"email\" or \"login\" is required.", "username"};
}

Result<std::optional<auth::FactorAnswer>> optional_answer(const JsonObject& form,
                                                          std::string_view field) {
  std::optional<std::string> text = TRY(form.optional_string(field));
  if (!text || text->empty()) return std::optional<auth::FactorAnswer>{};
  return std::optional<auth::FactorAnswer>(auth::CodeAnswer{OneTimeSecret(std::move(*text))});
}

Result<auth::Remember> remember_of(const config::Config& config, const JsonObject& form) {
  const bool is_wanted = TRY(form.optional_boolean("remember")).value_or(false);
  if (!is_wanted) return auth::Remember::no;
  if (config.mfa.remember > Milliseconds(0)) return auth::Remember::yes;
  return Error{ErrorCode::invalid, "This server does not remember devices: leave out \"remember\".",
               "remember"};
}

Result<std::optional<auth::FactorAnswer>> optional_passkey(const JsonObject& form,
                                                           std::string_view field) {
  if (!form.has(field)) return std::optional<auth::FactorAnswer>{};
  auto response = auth::read_assertion_response(TRY(form.object(field)));
  if (!response) return auth::wrong_passkey();
  return std::optional<auth::FactorAnswer>(auth::PasskeyAnswer{std::move(*response)});
}

Result<auth::PasskeyAsked> made_passkey_of(const JsonObject& form, std::string_view field,
                                           std::string_view name_field) {
  std::optional<std::string> name = TRY(form.optional_string(name_field));
  auto response = auth::read_registration_response(TRY(form.object(field)));
  if (!response) return auth::passkey_not_accepted();
  return auth::PasskeyAsked{std::move(*response), std::move(name)};
}

Result<auth::NewAccount> account_of(const JsonObject& form) {
  auth::NewAccount account = TRY(names_of(form));
  account.password = TRY(form.secret<Password>("password"));
  return account;
}

Result<auth::NewAccount> account_of(const config::Config& config, const JsonObject& form) {
  const bool needs_password = auth::is_offered(config, config::LoginMethod::password);
  if (needs_password || form.has("password")) return account_of(form);
  auth::NewAccount account = TRY(names_of(form));
  account.is_by_mail = true;
  return account;
}

namespace {

Result<auth::NewAccount> uninvited_account_of(const config::Config& config,
                                              const JsonObject& form) {
  if (!form.has("passkey")) return account_of(config, form);
  if (form.has("password")) {
    return Error{ErrorCode::invalid, "Send \"password\" or \"passkey\", not both.", "password"};
  }
  auth::NewAccount account = TRY(names_of(form));
  account.passkey = TRY(made_passkey_of(form, "passkey", "passkey_name"));
  return account;
}

Result<auth::NewAccount> with_sign_up(auth::NewAccount account, const JsonObject& form) {
  if (form.has("invitation")) account.invitation = TRY(form.secret<OneTimeSecret>("invitation"));
  account.terms_version = TRY(form.optional_string("terms_version"));
  return account;
}

}  // namespace

Result<auth::NewAccount> own_account_of(const config::Config& config, const JsonObject& form) {
  return with_sign_up(TRY(uninvited_account_of(config, form)), form);
}

Result<auth::NewAccount> invited_names_of(const JsonObject& form) {
  return with_sign_up(TRY(names_of(form)), form);
}

Result<auth::NewAccount> names_of(const JsonObject& form) {
  auth::NewAccount account;
  account.username = TRY(form.optional_string("username")).value_or("");
  account.email = TRY(form.optional_string("email")).value_or("");
  account.first_name = TRY(form.optional_string("first_name")).value_or("");
  account.last_name = TRY(form.optional_string("last_name")).value_or("");
  account.phone_number = TRY(form.optional_string("phone_number")).value_or("");
  account.locale = TRY(form.optional_string("locale")).value_or("");
  return account;
}

Result<auth::ProfileChange> profile_change_of(const JsonObject& form) {
  auth::ProfileChange change;
  change.username = TRY(change_of(form, "username"));
  change.first_name = TRY(change_of(form, "first_name"));
  change.last_name = TRY(change_of(form, "last_name"));
  change.phone_number = TRY(change_of(form, "phone_number"));
  change.locale = TRY(change_of(form, "locale"));
  return change;
}

Result<std::optional<std::string>> change_of(const JsonObject& form, std::string_view field) {
  if (form.is_null(field)) return std::optional<std::string>("");
  return form.optional_string(field);
}

Result<UserId> user_in_path(const Context& context) {
  const Result<uint64_t> id = number_in(context.request.param("id"), "id");
  if (!id) return auth::no_such_user();
  return UserId{*id};
}

Result<uint64_t> number_of(const Context& context, std::string_view name, uint64_t fallback) {
  const std::optional<std::string_view> text = context.request.query(name);
  if (!text) return fallback;
  return number_in(*text, name);
}

Result<size_t> page_size(const Context& context) {
  const uint64_t limit = TRY(number_of(context, "limit", kPage));
  if (limit >= 1 && limit <= kMaxPage) return limit;
  return Error{ErrorCode::invalid, "\"limit\" must be between 1 and 500.", "limit"};
}

bool accepts_html(const http::Request& request) {
  // Media type names are case-insensitive (RFC 9110 section 8.3.1).
  return lower(request.header("accept").value_or("")).find("text/html") != std::string::npos;
}

}  // namespace authd::api
