// Accounts that people create themselves, with a password or with a passkey.
#pragma once

#include <optional>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/factors/recovery_codes.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/session_tokens.h"

namespace authd::auth {

// A sign-up by the person: creates an account, the mail that confirms its email, and a session in
// one transaction; with a passkey also recovery codes. signup.require_verified_email and
// mfa.email_otp require an email. With signup.require_verified_email no session starts (nullopt),
// and the reply reveals nothing: an existing account with the email gets a notice instead, and when
// the phone number is taken, the account is created without it. Where there are terms, they must be
// accepted. Errors: those of prepare_account(), insert_account(), new_passkey.h and check_terms();
// `forbidden`, "signup_disabled", "method_disabled", "passkey_required", or "terms_required" for a
// replaced API.
enum class AfterSignup {
  log_in,         // immediately
  nothing,        // the next step is a login (nullopt)
  confirm_email,  // the account is inactive until then, regardless of the configuration (nullopt)
};
Result<std::optional<Tokens>> sign_up(const Services& s, const NewAccount& account,
                                      const Origin& origin,
                                      AfterSignup after = AfterSignup::log_in);

// What the page of a sign-up with a passkey needs, if sign_up() would take the names. Nothing is
// stored. Errors: `not_found`, "passkeys_unavailable"; as sign_up().
Result<PasskeyStart> begin_sign_up(const Services& s, const NewAccount& account,
                                   const Origin& origin);

// The same without the rules of sign-ups, bound to what lets the person create the account.
Result<PasskeyStart> start_of_first_passkey(const Services& s, std::string_view binding);

// The passkey of a new account, judged before the write; nullopt if it begins with a password.
// `binding` as in start_of_first_passkey(). Errors: those of prepare_passkey().
Result<std::optional<PreparedPasskey>> prepare_first_passkey(const Services& s,
                                                             const NewAccount& account,
                                                             std::string_view binding,
                                                             const Origin& origin);

// The account with its first session, in the write: the caller audits it. `codes` are stored with a
// passkey. Errors: those of insert_account() and insert_passkey(); `forbidden`,
// "passkey_required".
struct FirstSession {
  const std::optional<PreparedPasskey>& passkey;  // claimed
  const FreshCodes& codes;
  const DeviceVisit& device;       // with which the session starts
  std::vector<std::string> roles;  // beyond "user"
  bool starts = true;
};
Result<LiveSession> insert_with_session(const Services& s, store::WriteTxn& tx,
                                        const tables::User& prepared, tables::Session session,
                                        const FirstSession& first, const Origin& origin, Time now);

// Whether accounts may begin with what this one has. Error: `forbidden`, "method_disabled".
Result<void> check_first_method(const config::Config& config, const NewAccount& account,
                                bool has_passkey);

// What that session begins with.
std::vector<std::string> first_amr(const NewAccount& account,
                                   const std::optional<PreparedPasskey>& passkey);

}  // namespace authd::auth
