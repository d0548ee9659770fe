#include "auth/sessions/keyring.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/bootstrap.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/token_issue.h"
#include "crypto/jose/jwt.h"
#include "support/instance.h"

using namespace authd;
using namespace std::chrono_literals;
using tables::KeyState;

namespace {

// tokens.algorithm, unless a test changes it.
constexpr crypto::Algorithm kOwn = crypto::Algorithm::es256;

UserId add_user(test::Instance& t) {
  auth::NewAccount account;
  account.username = "ann";
  account.password = Password("correct horse battery");
  const auto user = auth::create_account(t.services, account, {});
  REQUIRE(user);
  return user->id;
}

std::string token_of(test::Instance& t, UserId user) {
  const auto minted = auth::issue_token(t.services, user, 24h, "account", {});
  REQUIRE(minted);
  return std::string(minted->token.reveal());
}

bool is_good(test::Instance& t, const std::string& token) {
  return auth::authenticate(t.services, token, t.clock.now()).has_value();
}

std::vector<KeyState> states(test::Instance& t) {
  const auto keys = auth::current_keys(t.services);
  REQUIRE(keys);
  std::vector<KeyState> all;
  for (const auth::LoadedKey& key : (*keys)->keys)
    all.push_back(key.row.state);
  return all;
}

}  // namespace

TEST_CASE("the first start makes an active and a next key, once") {
  test::Instance t;
  const std::string before = auth::jwks_json(**auth::current_keys(t.services));
  REQUIRE(auth::ensure_keyring(t.services));
  CHECK(auth::jwks_json(**auth::current_keys(t.services)) == before);
  CHECK(states(t) == std::vector{KeyState::active, KeyState::next});
}

TEST_CASE("a rotated key verifies what it signed until that has expired, and is then removed") {
  test::Instance t;
  const UserId user = add_user(t);
  const std::string old_token = token_of(t, user);
  REQUIRE(auth::rotate_keys(t.services, kOwn, {}));
  CHECK(states(t) == std::vector{KeyState::retired, KeyState::active, KeyState::next});
  CHECK(is_good(t, old_token));
  CHECK(is_good(t, token_of(t, user)));
  t.clock.advance(24h - 1s);
  CHECK(is_good(t, old_token));
  CHECK(*auth::prune_keys(t.services, t.clock.now()) == 0);
  t.clock.advance(2s);
  CHECK(*auth::prune_keys(t.services, t.clock.now()) == 1);
  CHECK(states(t) == std::vector{KeyState::active, KeyState::next});
}

TEST_CASE("a key that is taken away takes its tokens along, and another signs on") {
  test::Instance t;
  const UserId user = add_user(t);
  const std::string token = token_of(t, user);
  CHECK(is_good(t, token));  // its claims are in the cache now
  const std::string kid = (*auth::current_keys(t.services))->active(kOwn)->row.kid;
  REQUIRE(auth::withdraw_key(t.services, kid, {}));
  CHECK_FALSE(is_good(t, token));
  CHECK(is_good(t, token_of(t, user)));
  CHECK(states(t) == std::vector{KeyState::active, KeyState::next});
  CHECK(auth::withdraw_key(t.services, kid, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("rotation in a loop is refused, not piled up") {
  test::Instance t;
  int rotated = 0;
  while (auth::rotate_keys(t.services, kOwn, {}))
    REQUIRE(++rotated < 100);
  CHECK(rotated == 18);
}

TEST_CASE("keys rotate by schedule, and none signs that was not published long enough") {
  test::Instance t;
  const auto rotated = [&] {
    const auto kid = auth::rotate_when_due(t.services, t.clock.now());
    REQUIRE(kid);
    return !kid->empty();
  };
  t.clock.advance(std::chrono::hours(24) * 365);
  CHECK_FALSE(rotated());  // Off by default.
  t.config.tokens.rotate_every = std::chrono::hours(48);
  const auto before = auth::current_keys(t.services).value();
  CHECK(rotated());
  const auto after = auth::current_keys(t.services).value();
  CHECK(after->active(kOwn)->row.kid != before->active(kOwn)->row.kid);
  CHECK(before->find(after->active(kOwn)->row.kid) != nullptr);  // It was published before.
  CHECK_FALSE(rotated());
  t.clock.advance(std::chrono::hours(49));
  // The next key is lost and made anew just before it is due: it waits until it is known.
  for (const auto& key : after->keys) {
    if (key.row.state == tables::KeyState::next) {
      REQUIRE(auth::withdraw_key(t.services, key.row.kid, {}));
    }
  }
  t.clock.advance(std::chrono::hours(48) - std::chrono::minutes(1));
  CHECK_FALSE(rotated());
  t.clock.advance(std::chrono::minutes(1));
  CHECK(rotated());
  // A clock that jumps far ahead rotates once.
  t.clock.advance(std::chrono::hours(24) * 3650);
  CHECK(rotated());
  CHECK_FALSE(rotated());
}

TEST_CASE("every algorithm that a client can choose signs, and each rotates by itself") {
  test::Instance t;
  CHECK(*auth::complete_keyring(t.services) == 4);  // RS256 and EdDSA
  CHECK(*auth::complete_keyring(t.services) == 0);
  const auto before = auth::current_keys(t.services).value();
  for (const auto algorithm :
       {crypto::Algorithm::rs256, crypto::Algorithm::es256, crypto::Algorithm::eddsa}) {
    REQUIRE(before->active(algorithm) != nullptr);
  }
  CHECK(before->active(crypto::Algorithm::hs256) == nullptr);
  const auto rotated = auth::rotate_keys(t.services, crypto::Algorithm::eddsa, {});
  REQUIRE(rotated);
  REQUIRE(rotated->size() == 1);
  CHECK(rotated->front().is_early);
  const auto after = auth::current_keys(t.services).value();
  CHECK(after->active(crypto::Algorithm::eddsa)->row.kid == rotated->front().kid);
  CHECK(before->find(rotated->front().kid) != nullptr);
  CHECK(after->active(kOwn)->row.kid == before->active(kOwn)->row.kid);
  CHECK(auth::rotate_keys(t.services, crypto::Algorithm::hs256, {}).error().field == "algorithm");
}

TEST_CASE("a key that was published for two days is not early") {
  test::Instance t;
  t.clock.advance(48h);
  CHECK_FALSE(auth::rotate_keys(t.services, kOwn, {})->front().is_early);
  CHECK(auth::rotate_keys(t.services, kOwn, {})->front().is_early);
}

TEST_CASE("another tokens.algorithm signs from the next token on") {
  test::Instance t;
  const UserId user = add_user(t);
  const std::string old = token_of(t, user);
  t.config.tokens.algorithm = config::SigningAlgorithm::hs256;
  const std::string young = token_of(t, user);
  CHECK(crypto::parse_compact(young)->alg == "HS256");
  CHECK(is_good(t, old));
  CHECK(is_good(t, young));
  REQUIRE(*auth::complete_keyring(t.services) == 4);
  // And back: what the symmetric key signed counts to its end, and it signs no more.
  t.config.tokens.algorithm = config::SigningAlgorithm::es256;
  CHECK(*auth::complete_keyring(t.services) == 2);
  const auto keys = auth::current_keys(t.services).value();
  CHECK(keys->active(crypto::Algorithm::hs256) == nullptr);
  CHECK(is_good(t, young));
  CHECK(auth::jwks_json(*keys).find("HS256") == std::string::npos);
}

TEST_CASE("another master key opens nothing and says so") {
  test::Instance t;
  const crypto::MasterKeys other{crypto::MasterKey(SecretKey(std::string(32, 'x')))};
  const auto refused = auth::open_server_key(t.store, other, t.clock, t.random);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("master_key_file") != std::string::npos);
  CHECK(refused.error().message.find(t.master_key.sealing_id()) != std::string::npos);
}

TEST_CASE("a token dies with its user, session, epoch or by itself, and with nothing else") {
  test::Instance t;
  const UserId user = add_user(t);
  const std::string token = token_of(t, user);
  const std::string other = token_of(t, user);
  SECTION("disabled") {
    REQUIRE(auth::set_disabled(t.services, user, true, {}));
  }
  SECTION("deleted") {
    REQUIRE(auth::delete_account(t.services, user, {}));
  }
  SECTION("everywhere") {
    REQUIRE(auth::end_all_sessions(t.services, user, {}));
  }
  SECTION("session") {
    const auto claims = auth::read_claims(t.services, token);
    REQUIRE(auth::end_session(t.services, (*claims)->session_id, {}));
    CHECK(is_good(t, other));
  }
  CHECK_FALSE(is_good(t, token));
}

TEST_CASE("roles are granted, taken and shown as they are now") {
  test::Instance t;
  const UserId user = add_user(t);
  const std::string token = token_of(t, user);
  REQUIRE(auth::add_role(t.services, "editor", "", {"articles:write"}, {}));
  CHECK(auth::add_role(t.services, "editor", "", {}, {}).error().code == ErrorCode::conflict);
  CHECK(auth::add_role(t.services, "Bad Name", "", {}, {}).error().field == "name");
  CHECK(*auth::grant_role(t.services, user, "editor", {}));
  CHECK_FALSE(*auth::grant_role(t.services, user, "editor", {}));
  const auto caller = auth::authenticate(t.services, token, t.clock.now());
  REQUIRE(caller);
  CHECK(caller->roles() == std::vector<std::string>{"user", "editor"});
  CHECK(caller->permissions() == std::vector<std::string>{"articles:write"});
  CHECK(*auth::revoke_role(t.services, user, "editor", {}));
  CHECK(auth::authenticate(t.services, token, t.clock.now())->roles() ==
        std::vector<std::string>{"user"});
  CHECK(auth::grant_role(t.services, user, "nothing", {}).error().code == ErrorCode::not_found);
}
