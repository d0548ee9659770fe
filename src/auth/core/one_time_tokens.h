// One-time tokens: created, mailed as links, and used once. A token is 32 random bytes; the store
// holds its SHA-256. The transaction that acts on a token also consumes it.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "config/lifetimes.h"
#include "tables/schema.h"

namespace authd::auth {

// Their lifetimes; a client may have different ones (config/client_profile.h).
inline constexpr Milliseconds kVerifyEmailLife = config::kVerifyLinkLifetime;
inline constexpr Milliseconds kResetLife = config::kResetLinkLifetime;
inline constexpr Milliseconds kMagicLinkLife = config::kMagicLinkLifetime;
// For the first administrator (setup.h), and for `authd doctor` (doctor_token.h).
inline constexpr Milliseconds kSetupLife = std::chrono::hours(24);
inline constexpr Milliseconds kDoctorTokenLife = std::chrono::minutes(1);
// The longest, for a link with which somebody makes a passkey (auth/signin/enrolment.h).
inline constexpr Milliseconds kLongestEnrollLink = std::chrono::hours(168);

// A token as text, and its id in the store.
struct FreshToken {
  OneTimeSecret text;
  std::string id;
};
FreshToken make_token(const Services& s);
// The id of a received token; nullopt when the text cannot be a token.
std::optional<std::string> token_id(const OneTimeSecret& text);

// A token with its row and its mail, written in one transaction. Without a user, the row is useless
// and the mail goes to nobody: the work is the same, and the requester sees no difference.
struct MailedToken {
  tables::OneTimeToken row;
  tables::Mail mail;

  void put(const Services& s, store::WriteTxn& tx) const;
};
MailedToken make_mailed_token(const Services& s, tables::Purpose purpose,
                              const std::optional<tables::User>& user, std::string_view email,
                              const Origin& origin, Time now);

// Whether the token has this purpose and has not expired.
bool is_good(const std::optional<tables::OneTimeToken>& row, tables::Purpose purpose, Time now);
// The token's row, valid or not.
std::optional<tables::OneTimeToken> find_token(store::Reader& tx, const OneTimeSecret& text);
// The token's row, which is removed, if the token is valid.
std::optional<tables::OneTimeToken> take_token(store::WriteTxn& tx, const OneTimeSecret& text,
                                               tables::Purpose purpose, Time now);

// The user for whom the token was created, unless it was invalidated since: anything that ends all
// sessions also invalidates it.
std::optional<tables::User> owner_of(store::Reader& tx,
                                     const std::optional<tables::OneTimeToken>& token);

// The same refusal for all tokens and codes.
Error wrong_link_or_code();

}  // namespace authd::auth
