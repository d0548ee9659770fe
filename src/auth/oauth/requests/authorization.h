// The decision about an authorization request, and its end: one transaction that makes the grant,
// its code, and what is remembered of the consent.
#pragma once

#include <string>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/requests/authorization_request.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// What comes next.
enum class Step {
  sign_in,
  sign_up,
  add_factor,  // the application wants a stronger login than the account has ways for
  ask,         // the person allows or denies it, on the consent page
  refuse,      // the client is told `error`
  stop,        // the person is told `error`: the client can do nothing about it
  issue,
};
std::string_view word_of(Step step);  // "sign_in", …

struct Decision {
  Step step = Step::refuse;
  Error error;  // for `refuse` and `stop`; the names are those of RFC 6749 section 4.1.2.1 and
                // OpenID Connect Core section 3.1.2.6
};

// Whether nothing but a login with a passkey will do.
bool wants_passkey(const AuthorizationRequest& request);

// A request at the moment of the decision.
struct Asking {
  const AuthorizationRequest& request;
  const CarriedRequest& carried;
  const Person* person = nullptr;  // signed in with this browser; null: nobody
  IpAddress address;               // from which the browser comes
};

// The part of the decision that is about the person: who is signed in, how and how lately, and
// whether they may enter. nullopt if nothing of that is in the way; the consent is still to come.
// Errors only for faults of this server.
Result<std::optional<Decision>> decide_person(const Services& s, const Asking& asking, Time now,
                                              Trace* trace = nullptr);

// What a person lacks for whom the step is `add_factor`: `forbidden`, "passkey_missing" or
// "factor_missing".
Error missing_factor(const AuthorizationRequest& request);

// Changes nothing. Errors only for faults of this server.
Result<Decision> decide(const Services& s, const Asking& asking, Time now, Trace* trace = nullptr);

// The person's answer on the consent page: the request as it goes on. What is allowed is remembered
// at once, so that an answer that comes back from the browser's history counts no longer than the
// consent. Errors: `unauthenticated`; `conflict`, "client_changed"; those of carried_text().
Result<std::string> answer_request(const Services& s, const Asking& asking, Answer answer,
                                   const Origin& origin);

// A grant of what is asked for, which waits to be opened until `expires_at`.
tables::Grant waiting_grant(const Services& s, const Asking& asking, Time now, Time expires_at);

// The person as they are in the transaction, if they and the client still are what was decided
// about. Errors: `unauthenticated`; `conflict`, "client_changed".
Result<LiveSession> same_as_decided(store::Reader& tx, const Asking& asking, Time now);

// Carries out the decision `issue`: returns the code. It fails, and changes nothing, if the person
// or the client is no longer what the decision was about, or if a pushed request has its answer
// already. Errors: `unauthenticated`; `conflict`, "client_changed"; those of use_up_pushed().
Result<std::string> grant_code(const Services& s, const Asking& asking, const Origin& origin);

}  // namespace authd::auth
