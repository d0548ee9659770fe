// Initial access tokens (RFC 7591 section 3): an administrator makes one, and a program that has it
// may register as many clients as it says. The store has the hash of the text, which is shown once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxRegistrationTokens = 100;
inline constexpr uint64_t kMaxRegistrations = 1000;  // with one token
inline constexpr Milliseconds kMostRegistrationLife = std::chrono::hours(24 * 366);
inline constexpr Milliseconds kRegistrationLife = std::chrono::hours(24 * 30);

struct MadeRegistrationToken {
  tables::RegistrationToken row;
  OneTimeSecret text;  // shown only once
};

// The field of an error that is about the life: the member of the API.
inline constexpr std::string_view kRegistrationLifeField = "expires_in";

// Errors: `invalid`, with the field "name", "uses" (1 to 1000) or kRegistrationLifeField (1m to
// 366d); `conflict`, "too_many_tokens".
Result<MadeRegistrationToken> add_registration_token(const Services& s, std::string_view name,
                                                     uint64_t uses, Milliseconds life,
                                                     const Origin& origin);

// Those that can still be used, in the order of their ends.
Result<std::vector<tables::RegistrationToken>> list_registration_tokens(const Services& s);

// By its name for lists (registration_token_text). The clients that registered with it stay. Error:
// `not_found`.
Result<void> revoke_registration_token(const Services& s, std::string_view id,
                                       const Origin& origin);

// The beginning of the hash: it names the token to people and opens nothing.
std::string registration_token_text(const tables::RegistrationToken& token);

// Whether the text is a token that can still be used, before work that is to be done only then.
// Error: `unauthenticated`, "invalid_token".
Result<void> check_registration_token(store::Reader& tx, std::string_view text, Time now);

// In the transaction that registers a client: takes one use. The token's name, for the audit log.
// Error: `unauthenticated`, "invalid_token".
Result<std::string> use_registration_token(store::WriteTxn& tx, std::string_view text, Time now);
inline constexpr size_t kUseTokenWrites = decltype(tables::registration_tokens)::kPutWrites;

}  // namespace authd::auth
