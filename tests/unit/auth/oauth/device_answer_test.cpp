#include "auth/oauth/requests/device_answer.h"

#include "auth/oauth/protocol/user_code.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/device_authorization.h"
#include "support/clients.h"
#include "support/people.h"
#include "support/refusal.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using test::name_of;

struct Answering {
  Answering() {
    test::add_user(t, "ann");
    put_client();
    person = signed_in("ann");
    ask();
  }
  void put_client(const std::function<void(tables::Client&)>& change = {}) {
    client = test::put_client(t, "tv", [&](tables::Client& made) {
      made.redirect_uris.clear();
      made.grant_types = {std::string(kDeviceGrant)};
      made.created_at = Time{};
      if (change) change(made);
    });
  }
  Person signed_in(const char* name) {
    t.clock.advance(1s);
    Person caller = test::caller_of(t, test::tokens_of(test::try_login(t, name)));
    t.clock.advance(1s);
    return caller;
  }
  void ask() {
    const std::vector<Parameters::Pair> pairs = {{"scope", "openid email"}};
    const auto made = authorize_device(t.services, Program{client}, *Parameters::read(pairs), {});
    REQUIRE(made);
    code = made->user_code;
    t.clock.advance(1s);
  }
  Result<WaitingDevice> find(std::string_view typed, const char* address = "192.0.2.1") {
    return find_device(t.services, *person, typed, test::from(address));
  }
  std::string may(const char* address = "192.0.2.1") {
    const auto device = find(code);
    REQUIRE(device);
    const std::string word =
        name_of(check_may_allow(t.services, *device, *person, test::from(address).address));
    if (word != "ok") {
      CHECK(name_of(answer_device(t.services, *device, *person, Answer::allowed,
                                  test::from(address))) == word);
    }
    return word;
  }
  // A code that no device shows.
  std::string wrong() {
    std::string made = make_user_code(t.random);
    return made == *parse_user_code(code) ? wrong() : made;
  }

  test::Instance t;
  tables::Client client;
  std::optional<Person> person;
  std::string code;
};

TEST_CASE("who may enter is asked of the person who types the code") {
  Answering a;
  CHECK(a.may() == "ok");
  a.put_client([](tables::Client& client) { client.required_acr = "mfa"; });
  CHECK(a.may() == "factor_missing");
  a.put_client([](tables::Client& client) { client.required_acr = "phr"; });
  CHECK(a.may() == "passkey_missing");
  a.put_client([](tables::Client& client) { client.roles = {"staff"}; });
  CHECK(a.may() == "access_denied");
  a.put_client([](tables::Client& client) { client.networks = {"10.0.0.0/8"}; });
  CHECK(a.may() == "access_denied");
  CHECK(a.may("10.1.2.3") == "ok");
  // What skips the question elsewhere skips nothing here, and nothing is remembered.
  a.put_client([](tables::Client& client) { client.skips_consent = true; });
  CHECK(a.may() == "ok");
}

TEST_CASE("a login that is too old for the client is given again, once") {
  Answering a;
  a.put_client([](tables::Client& client) { client.max_age_ms = 60'000; });
  a.t.clock.advance(2min);
  CHECK(a.may() == "login_required");
  a.person = a.signed_in("ann");
  CHECK(a.may() == "ok");
  a.t.clock.advance(2min);
  CHECK(a.may() == "ok");  // It was for this device.
}

TEST_CASE("a client that changes between question and answer gets nothing") {
  Answering a;
  const auto device = a.find(a.code);
  REQUIRE(device);
  a.put_client([&](tables::Client& client) { client.updated_at = a.t.clock.now(); });
  CHECK(name_of(answer_device(a.t.services, *device, *a.person, Answer::allowed, {})) ==
        "client_changed");
  a.put_client([](tables::Client& client) { client.disabled = true; });
  CHECK(name_of(a.find(a.code)) == "unknown_user_code");
}

TEST_CASE("what the client may no longer have is not asked for") {
  Answering a;
  a.put_client([](tables::Client& client) { client.scopes = {"openid"}; });
  CHECK(a.find(a.code)->request.scopes == std::vector<std::string>{"openid"});
  a.put_client([](tables::Client& client) { client.scopes = {"profile"}; });
  CHECK(name_of(a.find(a.code)) == "unknown_user_code");
}

TEST_CASE("wrong codes are counted for the account, wherever it is signed in") {
  Answering a;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(name_of(a.find(a.wrong())) == "unknown_user_code");
    CHECK_FALSE(a.find("no code at all"));  // No guess, so it is not counted.
  }
  const auto held = a.find(a.code, "198.51.100.9");
  REQUIRE_FALSE(held);
  CHECK(held.error().code == ErrorCode::rate_limited);
  CHECK(held.error().retry_after_s == 60);
  // Another session of the account waits too, and another account does not.
  a.person = a.signed_in("ann");
  CHECK(a.find(a.code).error().code == ErrorCode::rate_limited);
  test::add_user(a.t, "ben");
  a.person = a.signed_in("ben");
  CHECK(a.find(a.code));
}

TEST_CASE("a right code does not make up for wrong ones") {
  Answering a;
  for (int i = 0; i < 4; ++i)
    REQUIRE(name_of(a.find(a.wrong())) == "unknown_user_code");
  CHECK(a.find(a.code));
  CHECK(name_of(a.find(a.wrong())) == "unknown_user_code");
  CHECK(a.find(a.code).error().code == ErrorCode::rate_limited);
  a.t.clock.advance(1min);
  CHECK(a.find(a.code));
  CHECK(name_of(a.find(a.wrong())) == "unknown_user_code");
  CHECK(a.find(a.code).error().retry_after_s == 120);
}

TEST_CASE("two devices that show the same code are none") {
  Answering a;
  REQUIRE(a.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::DeviceGrant other;
    other.id = std::string(32, 'x');
    other.user_code = *parse_user_code(a.code);
    other.client = a.client.id;
    other.created_at = a.t.clock.now();
    other.expires_at = a.t.clock.now() + kDeviceRowLife;
    tables::device_grants.insert(tx, other);
    return {};
  }));
  CHECK(name_of(a.find(a.code)) == "unknown_user_code");
}

}  // namespace
}  // namespace authd::auth
