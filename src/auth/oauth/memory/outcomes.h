// How often the provider gave which answer, for /metrics: those of the token endpoint by grant type
// and outcome, and refused authorization requests by reason. Words that are not in these lists
// count as "other", so no client can make a label.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "auth/oauth/protocol/words.h"

namespace authd::auth {

inline constexpr std::string_view kOtherWord = "other";

// The last one of each list is for whatever is none of it.
inline constexpr std::array kCountedGrants = {kCodeGrant,        kRefreshGrant,       kClientGrant,
                                              kShortDeviceGrant, kShortExchangeGrant, kOtherWord};

// "issued", or the error (RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 8707 section 2, RFC 9449
// sections 5 and 8).
inline constexpr std::string_view kIssuedOutcome = "issued";
inline constexpr std::array kTokenOutcomes = std::to_array<std::string_view>(
    {kIssuedOutcome, "access_denied", "authorization_pending", "expired_token", "invalid_client",
     "invalid_dpop_proof", "invalid_grant", "invalid_request", "invalid_scope", "invalid_target",
     "slow_down", "temporarily_unavailable", "unauthorized_client", "unsupported_grant_type",
     "use_dpop_nonce", kOtherWord});

// The parameter that names nothing registered (a page tells the person), or the error (RFC 6749
// section 4.1.2.1, OpenID Connect Core section 3.1.2.6). "client_changed" and "request_expired" are
// told to the person alone.
inline constexpr std::array<std::string_view, 20> kRefusalReasons = {
    "client_id",
    "redirect_uri",
    "request_uri",
    "access_denied",
    "client_changed",
    "consent_required",
    "invalid_request",
    "invalid_request_object",
    "invalid_scope",
    "invalid_target",
    "login_required",
    "registration_not_supported",
    "request_expired",
    "request_not_supported",
    "request_uri_not_supported",
    "temporarily_unavailable",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_response_type",
    kOtherWord};

// Thread-safe.
class Outcomes {
 public:
  // `grant_type` as it was sent; `error` empty: tokens were issued.
  void count_token_answer(std::string_view grant_type, std::string_view error);
  void count_refusal(std::string_view reason);

  // By place in the lists.
  uint64_t token_answers(size_t grant, size_t outcome) const;
  uint64_t refusals(size_t reason) const;

 private:
  using Count = std::atomic<uint64_t>;
  std::array<std::array<Count, kTokenOutcomes.size()>, kCountedGrants.size()> answers_{};
  std::array<Count, kRefusalReasons.size()> refusals_{};
};

}  // namespace authd::auth
