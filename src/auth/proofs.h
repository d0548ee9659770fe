// One-time tokens and codes: made, mailed, and taken once. A token is 32 random bytes; the store
// has its SHA-256. It is consumed in the transaction that acts on it. A code has six digits, so
// what the store has of it is a MAC under the server's key, and few tries are allowed.
#pragma once

#include <optional>
#include <string>

#include "auth/services.h"
#include "config/lifetimes.h"
#include "tables/schema.h"

namespace authd::auth {

// How long they are good; an API of config/compat.h may say otherwise.
inline constexpr Milliseconds kVerifyEmailLife = config::kVerifyLinkLifetime;
inline constexpr Milliseconds kResetLife = config::kResetLinkLifetime;
inline constexpr Milliseconds kMagicLinkLife = config::kMagicLinkLifetime;
inline constexpr Milliseconds kCodeLife = config::kLoginCodeLifetime;
inline constexpr Milliseconds kChallengeLife = std::chrono::minutes(10);
// Between two mails that a stranger may cause to one address.
inline constexpr Milliseconds kResendPause = std::chrono::seconds(60);

// HMAC-SHA256 under a key of the server's for this purpose alone.
std::string server_mac(const Services& s, std::string_view purpose, std::string_view data);

// A token as text, and the id by which the store knows it.
struct FreshToken {
  OneTimeSecret text;
  std::string id;
};
FreshToken make_token(const Services& s);
// The id of a token that came in; nullopt when it cannot be one.
std::optional<std::string> token_id(const OneTimeSecret& text);

// Six random digits.
OneTimeSecret make_code(const Services& s);
// The six digits that follow from a seed of make_seed(), which tells nothing without the server's
// key.
std::string make_seed(const Services& s);
OneTimeSecret code_of(const Services& s, std::string_view seed);

// Whether what was good for `life` when it was made is so at `now`. What ends later than anything
// that is made now was made while the clock was ahead, and is not good until its day comes.
bool is_in_life(Time expires_at, Milliseconds life, Time now);

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

// Error: `rate_limited` when `last` is not kResendPause before `now`; one of the future is none.
Result<void> check_resend_pause(Time last, Time now);

// The one refusal of tokens and codes.
Error bad_proof();

// A mail to be put by the transaction that it tells of. `secret` may be empty.
tables::Mail make_mail(const Services& s, tables::MailKind kind, const tables::User& user,
                       std::string_view to, std::string_view secret, std::string_view detail,
                       Time now);
// What an account is called before whoever is to recognize it: its username, else its email.
std::string account_name(const tables::User& user);
// The context that the secret of a mail is sealed for.
std::string mail_context(const tables::Mail& mail);

}  // namespace authd::auth
