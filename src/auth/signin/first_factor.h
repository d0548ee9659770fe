// The one path of every login. A password, a mailed code, a link and another provider differ in
// three steps, and run_first_factor() does the rest: it counts the attempt, refuses and audits,
// starts another round if the account has changed in the meantime, checks whether the account may
// log in, asks for the second factor and for the steps that are left (login_steps.h), evicts
// sessions, starts the session and updates the counters.
// Basic logins start no session and have their own path (basic_login.h).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/names/identities.h"
#include "auth/core/factor.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/rounds.h"
#include "auth/core/services.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login_steps.h"
#include "base/function_ref.h"

namespace authd::auth {

struct MfaNeeded {
  OneTimeSecret token;  // of the challenge
  Methods methods;      // with which it can be answered
  // For how long the device could be trusted then; 0: it cannot be.
  Milliseconds remember_for = {};
};

// Tokens, or what is still needed for them.
using LoginOutcome = std::variant<Tokens, MfaNeeded, StepsNeeded>;

using FoundUser = std::optional<tables::User>;

// Why a proof was refused, for the audit log, and the reply if it differs from the usual one.
struct ToldRefusal {
  std::string_view reason;
  Error (*refusal)() = nullptr;
};

// What all logins of one kind have in common.
struct FirstFactor {
  Factor factor = Factor::password;
  config::LoginMethod method = config::LoginMethod::password;  // refused where it is not offered
  std::string action = {};                                     // in the audit log
  std::string account = {};          // as typed, for the attempt if no account has it
  Error (*refusal)() = nullptr;      // the same for everything that may be wrong
  bool has_mailed_code = false;      // a mailed code is proved as well
  Remember remember = Remember::no;  // the device, if a second factor is proved
  // Set if the caller has begun the attempt; then the caller records its failure.
  const Attempt* attempt = nullptr;
  // Where `prove` reports why it refused; null: nowhere.
  const ToldRefusal* told = nullptr;
};

// What a proof passes to the write.
struct Proved {
  tables::User user;  // as the write will store them
  // Created by the transaction that starts the session: now, or when the challenge is answered.
  std::optional<PendingLink> link;
  std::optional<Factor> factor = {};  // if the proof tells, in place of the kind's own
};

struct FirstFactorSteps {
  // Finds the user of the login. nullopt means nobody, and the login continues with the same work.
  // An Error may contain only what anybody may know.
  FunctionRef<Result<FoundUser>(store::ReadTxn& tx)> look;
  // Checks the proof, outside of any transaction. nullopt refuses; nobody (seen == nullopt) is
  // always refused.
  FunctionRef<Result<std::optional<Proved>>(const FoundUser& seen)> prove;
  // Decides at the beginning of the write: reads the user who was `seen` again, and returns them as
  // they will be stored. `unauthenticated` refuses; round.moved() starts another round.
  FunctionRef<Result<tables::User>(store::WriteTxn& tx, const tables::User& seen, Round& round)>
      decide;
};

// Starts a session if nothing else is needed or `answer` provides it, and otherwise a challenge.
// The attempt succeeds with the session and not with a challenge: somebody with only the first
// factor must not be able to clear the failures of the second one by starting again. Errors: the
// refusal of the login, and `unauthenticated`, "invalid_code", for a wrong answer, both counted and
// audited; `forbidden`, "account_disabled", "second_factor_missing", and for a login without a
// password "email_not_verified"; `forbidden`, "method_disabled"; `rate_limited`; those of the
// steps.
Result<LoginOutcome> run_first_factor(const Services& s, const FirstFactor& way,
                                      const FirstFactorSteps& steps,
                                      const std::optional<FactorAnswer>& answer,
                                      const Origin& origin);

// The end of every login, in its write: links an identity, notes the device, stores the user,
// evicts sessions, clears the failures, starts the session and audits it.
struct LoginEnd {
  std::string_view action;
  const Attempt& attempt;
  const std::optional<PendingLink>& link;
  const std::vector<tables::Session>& evicted;
  const DeviceVisit& device;
  bool trusts_device = false;
};
Result<LiveSession> end_login(const Services& s, store::WriteTxn& tx, const LoginEnd& end,
                              tables::Session session, tables::User user, const Origin& origin,
                              Time now);
// Whether the device of a login that has proved this second factor is trusted, if the person asks
// for it. A recovery code is for the day when the factor is lost, and no reason to ask for none.
// Nor is a device trusted where each login needs a passkey (passkeys.required_for).
bool may_trust_device(const Services& s, store::Reader& tx, const tables::User& user, Factor proved,
                      const Origin& origin);
// The sessions that a login of this kind ends, for `evicted`.
Result<std::vector<tables::Session>> look_for_evictions(const Services& s, const tables::User& user,
                                                        tables::SessionKind kind,
                                                        const Origin& origin, Time now);
// The outcome of a login with the right password or passkey and an unconfirmed email, in the audit
// log: the reply is that of a wrong one (login_rules.h).
inline constexpr const char* kUnconfirmedOutcome = "email_not_verified";
// The refusal of a wrong second factor.
Error wrong_factor(const FactorAnswer& answer);

// The challenge of this id (token_id()) that waits for a second factor, or with `awaits_steps` for
// steps, and its user: nullopt if it is over, or the user's sessions were ended since. A token for
// one is good for nothing else.
struct LiveChallenge {
  tables::Challenge challenge;
  tables::User user;
};
std::optional<LiveChallenge> find_live_challenge(store::Reader& tx,
                                                 const std::optional<std::string>& id,
                                                 bool awaits_steps, Time now);
// Counts a wrong answer: the challenge ends after kChallengeTries.
void count_try(store::WriteTxn& tx, tables::Challenge challenge);

// record_failure(), counted among the refused logins.
Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error,
                   const std::optional<WrongFactor>& factor = {});

}  // namespace authd::auth
