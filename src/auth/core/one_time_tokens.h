// One-time tokens: created, mailed as links, and taken once. A token is 32 random bytes; the store
// has its SHA-256. It is consumed in the transaction that acts on it.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "config/lifetimes.h"
#include "tables/schema.h"

namespace authd::auth {

// How long they are good; an API of config/compat.h may say otherwise.
inline constexpr Milliseconds kVerifyEmailLife = config::kVerifyLinkLifetime;
inline constexpr Milliseconds kResetLife = config::kResetLinkLifetime;
inline constexpr Milliseconds kMagicLinkLife = config::kMagicLinkLifetime;
// Of the first administrator (setup.h), and of `authd doctor` (doctor_token.h).
inline constexpr Milliseconds kSetupLife = std::chrono::hours(24);
inline constexpr Milliseconds kDoctorTokenLife = std::chrono::minutes(1);

// A token as text, and the id by which the store knows it.
struct FreshToken {
  OneTimeSecret text;
  std::string id;
};
FreshToken make_token(const Services& s);
// The id of a token that came in; nullopt when it cannot be one.
std::optional<std::string> token_id(const OneTimeSecret& text);

// A token with its row and its mail, to be put by one transaction. Without a user the row opens
// nothing and the mail goes to no one: the same work, and no trace for the asker.
struct MailedToken {
  tables::OneTimeToken row;
  tables::Mail mail;

  void put(const Services& s, store::WriteTxn& tx) const;
};
MailedToken make_mailed_token(const Services& s, tables::Purpose purpose,
                              const std::optional<tables::User>& user, std::string_view email,
                              const Origin& origin, Time now);

// Whether the token is for this purpose and not over.
bool is_good(const std::optional<tables::OneTimeToken>& row, tables::Purpose purpose, Time now);
// The token's row as it is, good or not.
std::optional<tables::OneTimeToken> find_token(store::Reader& tx, const OneTimeSecret& text);
// The token's row, removed, when it is good.
std::optional<tables::OneTimeToken> take_token(store::WriteTxn& tx, const OneTimeSecret& text,
                                               tables::Purpose purpose, Time now);

// The user that the token was made for, as long as nothing ended it: whatever ends all sessions
// does.
std::optional<tables::User> owner_of(store::Reader& tx,
                                     const std::optional<tables::OneTimeToken>& token);

// The one refusal of tokens and codes.
Error wrong_link_or_code();

}  // namespace authd::auth
