// Signing in with another provider (OpenID Connect Core 1.0 section 3.1, authorization code with
// PKCE, RFC 7636), and linking a provider to an account. The browser goes to the provider on a
// journey (journeys.h). It returns with a code, which is exchanged for an ID token, which
// identifies the person.
//
// An identity is a provider and its subject. It belongs to an account because it created the
// account, because the signed-in user linked it, or because both sides had verified the same email.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/core/services.h"
#include "auth/signin/journeys.h"
#include "auth/signin/login.h"

namespace authd::auth {

// Where the browser goes, and what it keeps until it returns.
struct FederationStart {
  std::string url;
  OneTimeSecret binding;
};
// An account that this sign-in creates uses up the `invitation`
// (auth/accounts/account/invitations.h). `browser` is the value of its cookie. With a caller, the
// identity will be linked to the caller's account. Errors: `not_found`; `unavailable`,
// "provider_unavailable"; `busy`; with a caller `forbidden`, "reauthentication_required".
Result<FederationStart> begin_federation(const Services& s, std::string_view provider,
                                         const Person* caller, const OneTimeSecret& browser,
                                         const WayBack& way_back, const Origin& origin,
                                         const std::optional<OneTimeSecret>& invitation = {});

// The parameters with which the browser returns (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207).
struct FederationAnswer {
  OneTimeSecret state;
  OneTimeSecret code;
  std::string error;
  std::optional<std::string> issuer;
};

// The same error for a state that is used, expired, for another provider or from another browser.
Error bad_state();

// A login that is complete or waits for its second factor, or the identity that was linked.
using FederationOutcome = std::variant<LoginOutcome, tables::Identity>;

// Errors: `unauthenticated`, "invalid_state" (used, expired, or from another browser),
// "provider_refused" or "invalid_id_token"; `forbidden`, "signup_disabled", "email_required",
// "email_not_verified", "account_disabled"; `conflict`, "account_exists", "identity_taken",
// "provider_linked" or "issuer_changed"; `rate_limited`; `busy` and `unavailable` as above. The
// state is consumed in any case, except with `rate_limited` and `busy`.
Result<FederationOutcome> finish_federation(const Services& s, std::string_view provider,
                                            const FederationAnswer& answer,
                                            const OneTimeSecret& binding, const Origin& origin);

}  // namespace authd::auth
