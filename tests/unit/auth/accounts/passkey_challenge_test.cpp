#include "auth/accounts/passkeys/passkey_challenge.h"

#include <catch2/catch.hpp>

#include "support/instance.h"

using namespace authd;
using namespace authd::auth;
using crypto::WebauthnRefusal;

namespace {

constexpr auto kLogin = ChallengePurpose::login;

}  // namespace

TEST_CASE("a challenge is good for its purpose and binding, for five minutes") {
  test::Instance t;
  const Time now = t.clock.now();
  const std::string challenge = make_passkey_challenge(t.services, kLogin, "session", now);
  CHECK(challenge.size() <= 64);
  CHECK(end_of_passkey_challenge(challenge) == now + kPasskeyChallengeLife);
  const auto refusal = [&](Time at) {
    return refusal_of_passkey_challenge(t.services, challenge, kLogin, "session", at);
  };
  CHECK_FALSE(refusal(now));
  CHECK_FALSE(refusal(now + kPasskeyChallengeLife - Milliseconds(1)));
  CHECK(refusal(now + kPasskeyChallengeLife) == WebauthnRefusal::stale_challenge);
  CHECK(refusal(now + std::chrono::hours(24)) == WebauthnRefusal::stale_challenge);
  // The clock was ahead when it was made.
  CHECK(refusal(now - std::chrono::hours(1)) == WebauthnRefusal::stale_challenge);
}

TEST_CASE("a challenge for something else, or of another server, is foreign") {
  test::Instance t;
  const test::Instance other;
  const Time now = t.clock.now();
  const std::string challenge = make_passkey_challenge(t.services, kLogin, "session", now);
  const auto refusal = [&](ChallengePurpose purpose, std::string_view binding) {
    return refusal_of_passkey_challenge(t.services, challenge, purpose, binding, now);
  };
  CHECK_FALSE(refusal(kLogin, "session"));
  for (const auto purpose : {ChallengePurpose::second_factor, ChallengePurpose::reauthentication,
                             ChallengePurpose::registration, ChallengePurpose::sign_up}) {
    CHECK(refusal(purpose, "session") == WebauthnRefusal::foreign_challenge);
  }
  CHECK(refusal(kLogin, "") == WebauthnRefusal::foreign_challenge);
  CHECK(refusal(kLogin, "another session") == WebauthnRefusal::foreign_challenge);
  CHECK(refusal_of_passkey_challenge(other.services, challenge, kLogin, "session", now) ==
        WebauthnRefusal::foreign_challenge);
}

TEST_CASE("a challenge with any byte changed, or of another length, is foreign") {
  test::Instance t;
  const Time now = t.clock.now();
  const std::string challenge = make_passkey_challenge(t.services, kLogin, "", now);
  const auto is_foreign = [&](const std::string& bytes) {
    return refusal_of_passkey_challenge(t.services, bytes, kLogin, "", now) ==
           WebauthnRefusal::foreign_challenge;
  };
  for (size_t at = 0; at < challenge.size(); ++at) {
    std::string changed = challenge;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK(is_foreign(changed));
  }
  CHECK(is_foreign(""));
  CHECK(is_foreign(challenge + '\0'));
  CHECK(is_foreign(challenge.substr(1)));
  CHECK(is_foreign(challenge.substr(0, challenge.size() - 1)));
}

TEST_CASE("no two challenges are the same") {
  test::Instance t;
  const Time now = t.clock.now();
  CHECK(make_passkey_challenge(t.services, kLogin, "", now) !=
        make_passkey_challenge(t.services, kLogin, "", now));
}
