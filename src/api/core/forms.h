// Reads parts of requests: form fields that several endpoints share, parameters of the path and the
// query, and what the client accepts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/core/context.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/factors/factor_answer.h"
#include "base/json.h"

namespace authd::api {

// The login, from the first of its three field names that is present.
Result<std::string> login_of(const JsonObject& form);
// A code of a second factor that may come along; empty counts as absent.
Result<std::optional<auth::FactorAnswer>> optional_answer(const JsonObject& form,
                                                          std::string_view field);

// Whether the device is to be trusted, in the field "remember", which may be absent. Error:
// `invalid` where no device is (mfa.remember).
Result<auth::Remember> remember_of(const config::Config& config, const JsonObject& form);

// What a page got from navigator.credentials.get() (PublicKeyCredential.toJSON()), in a field that
// may be absent. One that is malformed is refused as a wrong answer is.
Result<std::optional<auth::FactorAnswer>> optional_passkey(const JsonObject& form,
                                                           std::string_view field);

// A passkey that a page has just made (navigator.credentials.create()), in the field "passkey" or
// "response", and its name in the field "passkey_name" or "name".
Result<auth::PasskeyAsked> made_passkey_of(const JsonObject& form, std::string_view field,
                                           std::string_view name_field);

// The fields that create or change an account.
Result<auth::NewAccount> account_of(const JsonObject& form);
// The names, and the invitation that somebody follows, if there is one.
Result<auth::NewAccount> invited_names_of(const JsonObject& form);
// The same, where the account may begin without a password if nobody signs in with one here.
Result<auth::NewAccount> account_of(const config::Config& config, const JsonObject& form);
// The same with "passkey" and "passkey_name" in place of "password".
Result<auth::NewAccount> own_account_of(const config::Config& config, const JsonObject& form);
// The same before there is either: who it will be.
Result<auth::NewAccount> names_of(const JsonObject& form);
Result<auth::ProfileChange> profile_change_of(const JsonObject& form);  // without the email
// An absent field stays absent; null clears it, as "" does.
Result<std::optional<std::string>> change_of(const JsonObject& form, std::string_view field);

// The user whose id is in the path. Error: `not_found`, even if it is not a number.
Result<UserId> user_in_path(const Context& context);
// A number in the query; `fallback` when absent. Error: `invalid`, with the field.
Result<uint64_t> number_of(const Context& context, std::string_view name, uint64_t fallback);
// The query parameter "limit": 1 to 500, 50 when absent.
Result<size_t> page_size(const Context& context);

// True when the client accepts HTML, as browsers do and programs do not.
bool accepts_html(const http::Request& request);

}  // namespace authd::api
