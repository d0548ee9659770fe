// What endpoints read of a request: the parts of forms that several of them take, parameters of the
// path and the query, and what the client accepts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "auth/accounts/accounts.h"
#include "auth/accounts/factor_answer.h"
#include "base/json.h"

namespace authd::api {

// The first of the three names by which a login may come.
Result<std::string> login_of(const JsonObject& form);
// A code of a second factor that may come along; empty counts as absent.
Result<std::optional<auth::FactorAnswer>> optional_answer(const JsonObject& form,
                                                          std::string_view field);

// The parts of a form that create or change an account.
Result<auth::NewAccount> account_of(const JsonObject& form);
Result<auth::ProfileChange> profile_change_of(const JsonObject& form);  // without the email
// Absent stays absent; null clears, as "" does.
Result<std::optional<std::string>> change_of(const JsonObject& form, std::string_view field);

// The user that the path names by "id". Error: `not_found`, even if that is not a number.
Result<UserId> user_in_path(const Context& context);
// A number of the query; `fallback` when it is absent. Error: `invalid`, with the field.
Result<uint64_t> number_of(const Context& context, std::string_view name, uint64_t fallback);
// The query parameter "limit": 1 to 500, 50 when absent.
Result<size_t> page_size(const Context& context);

// True when the client shows HTML, which browsers say of themselves and programs do not.
bool accepts_html(const http::Request& request);

}  // namespace authd::api
