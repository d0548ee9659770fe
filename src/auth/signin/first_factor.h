// The one way through a login, for whatever it begins with. A password, a mailed code, a link and
// another provider differ in three steps; run_first_factor() owns the rest: the attempt that is
// counted, the refusal and its audit entry, another round when the account changed meanwhile, what
// may log in, the second factor, evictions, the session, and the counters. Basic logins make no
// session, and go by their own way (basic_login.h).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/accounts/identities.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/attempts.h"
#include "auth/core/factor.h"
#include "auth/core/rounds.h"
#include "auth/core/services.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "base/function_ref.h"

namespace authd::auth {

struct MfaNeeded {
  OneTimeSecret token;  // of the challenge
  Methods methods;      // with which it can be answered
};

// Tokens, or what is still needed for them.
using LoginOutcome = std::variant<Tokens, MfaNeeded>;

using FoundUser = std::optional<tables::User>;

// What is the same for all logins of a way.
struct FirstFactor {
  Factor factor = Factor::password;
  std::string action = {};       // in the audit log
  std::string account = {};      // as it was typed, for the attempt when no account has it
  Error (*refusal)() = nullptr;  // one for all that may be wrong: no oracle
  bool has_mailed_code = false;  // a mailed code is proved beside it
  // That the caller has begun; it is the caller who records that it failed.
  const Attempt* attempt = nullptr;
};

// What a proof gives to the write.
struct Proved {
  tables::User user;  // as the write will leave them
  // Made by the transaction that starts the session: at once, or when the challenge is answered.
  std::optional<PendingLink> link;
};

struct FirstFactorSteps {
  // Looks whose login it is; nullopt: nobody's, and all goes on with the same work. An Error is for
  // what may be told to anybody.
  FunctionRef<Result<FoundUser>(store::ReadTxn& tx)> look;
  // Proves it, outside of any transaction; nullopt: refused, as nobody (seen == nullopt) always is.
  FunctionRef<Result<std::optional<Proved>>(const FoundUser& seen)> prove;
  // Decides in the write, before anything else: reads again who was `seen`, and returns them as
  // they are to be put. `unauthenticated` refuses; round.moved() begins again.
  FunctionRef<Result<tables::User>(store::WriteTxn& tx, const tables::User& seen, Round& round)>
      decide;
};

// A session when nothing else is needed or `answer` gives it, else a challenge. The attempt
// succeeds with the session, and not with a challenge: who has only the first factor must not clear
// the failures of the second one by beginning again.
// Errors: the refusal of the way, and `unauthenticated`, "invalid_code", for a wrong answer, both
// counted and audited; `forbidden`, "account_disabled", "email_not_verified" or
// "second_factor_missing"; `rate_limited`; those of the steps.
Result<LoginOutcome> run_first_factor(const Services& s, const FirstFactor& way,
                                      const FirstFactorSteps& steps,
                                      const std::optional<FactorAnswer>& answer,
                                      const Origin& origin);

// How every login ends, in its write: links what is to be linked, puts the user, evicts, clears the
// failures, starts the session, and audits it.
struct LoginEnd {
  std::string_view action;
  const Attempt& attempt;
  const std::optional<PendingLink>& link;
  const std::vector<tables::Session>& evicted;
};
Result<LiveSession> end_login(const Services& s, store::WriteTxn& tx, const LoginEnd& end,
                              tables::Session session, tables::User user, const Origin& origin,
                              Time now);
// The sessions that a login into one of this kind ends, for `evicted`.
Result<std::vector<tables::Session>> look_for_evictions(const Services& s, const tables::User& user,
                                                        tables::SessionKind kind, Time now);
// The refusal of a wrong second factor.
Error wrong_factor();

// record_failure(), counted among the refused logins.
Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error);

}  // namespace authd::auth
