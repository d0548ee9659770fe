#include "auth/oauth/memory/outcomes.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace authd::auth {
namespace {

size_t grant(std::string_view word) {
  return static_cast<size_t>(std::find(kCountedGrants.begin(), kCountedGrants.end(), word) -
                             kCountedGrants.begin());
}

size_t outcome(std::string_view word) {
  return static_cast<size_t>(std::find(kTokenOutcomes.begin(), kTokenOutcomes.end(), word) -
                             kTokenOutcomes.begin());
}

uint64_t all(const Outcomes& outcomes) {
  uint64_t sum = 0;
  for (size_t g = 0; g < kCountedGrants.size(); ++g) {
    for (size_t o = 0; o < kTokenOutcomes.size(); ++o)
      sum += outcomes.token_answers(g, o);
  }
  return sum;
}

TEST_CASE("answers of the token endpoint count by grant type and outcome") {
  Outcomes outcomes;
  for (const std::string_view type : kGrantTypes)
    outcomes.count_token_answer(type, "");
  outcomes.count_token_answer(kCodeGrant, "invalid_grant");
  outcomes.count_token_answer(kDeviceGrant, "authorization_pending");
  for (const std::string_view name : kCountedGrants) {
    CAPTURE(name);
    CHECK(outcomes.token_answers(grant(name), outcome("issued")) == (name == kOtherWord ? 0 : 1));
  }
  CHECK(outcomes.token_answers(grant(kCodeGrant), outcome("invalid_grant")) == 1);
  CHECK(outcomes.token_answers(grant(kShortDeviceGrant), outcome("authorization_pending")) == 1);
  CHECK(all(outcomes) == kGrantTypes.size() + 2);
}

TEST_CASE("words of strangers make no label") {
  Outcomes outcomes;
  // "device_code" is what administrators may write, and no grant type.
  for (const std::string_view type : {"", "password", "device_code", "other", "\"} 1\n"})
    outcomes.count_token_answer(type, "unsupported_grant_type");
  outcomes.count_token_answer(kCodeGrant, "an error that nobody knows");
  CHECK(outcomes.token_answers(grant(kOtherWord), outcome("unsupported_grant_type")) == 5);
  CHECK(outcomes.token_answers(grant(kCodeGrant), outcome(kOtherWord)) == 1);
  CHECK(all(outcomes) == 6);

  outcomes.count_refusal("redirect_uri");
  outcomes.count_refusal("surprise");
  CHECK(outcomes.refusals(1) == 1);
  CHECK(outcomes.refusals(kRefusalReasons.size() - 1) == 1);
}

TEST_CASE("refusals have their words, whoever is told of them") {
  for (const std::string_view word :
       {"access_denied", "client_changed", "login_required", "request_expired", "request_uri"}) {
    CAPTURE(word);
    Outcomes outcomes;
    outcomes.count_refusal(word);
    uint64_t as_it_is = 0;
    for (size_t i = 0; i < kRefusalReasons.size(); ++i) {
      if (kRefusalReasons[i] == word) as_it_is += outcomes.refusals(i);
    }
    CHECK(as_it_is == 1);
    CHECK(outcomes.refusals(kRefusalReasons.size() - 1) == 0);
  }
}

}  // namespace
}  // namespace authd::auth
