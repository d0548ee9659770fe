#include "auth/accounts/changes/passkeys.h"

#include <catch2/catch.hpp>

#include "auth/accounts/factors/authenticator_app.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/passkeys/passkey_challenge.h"
#include "auth/sessions/step_up.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/ended_ways.h"
#include "crypto/digest.h"
#include "support/passkeys.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::auth;

namespace {

struct World {
  World() {
    user = test::add_user(t, "ann");
    caller = test::caller_of(t, test::tokens_of(test::try_login(t, "ann")));
  }
  test::Instance t{test::passkey_config()};
  tables::User user;
  std::optional<Person> caller;
  std::vector<OneTimeSecret> codes;  // that came with the last passkey

  void log_in_again() { caller = test::caller_of(t, test::tokens_of(test::try_login(t, "ann"))); }

  PasskeyStart begin() {
    auto start = begin_passkey(t.services, *caller);
    REQUIRE(start);
    return std::move(*start);
  }
  RegistrationResponse response(int number, bool is_discoverable = true) {
    return test::made_passkey(begin().challenge, number, is_discoverable);
  }
  Result<tables::Passkey> try_add(const RegistrationResponse& response,
                                  std::string_view name = "phone") {
    MadePasskey made = TRY(add_passkey(t.services, *caller, {response, std::string(name)}, {}));
    codes = std::move(made.recovery_codes);
    return std::move(made.passkey);
  }
  tables::Passkey add(int number, bool is_discoverable = true) {
    auto made = try_add(response(number, is_discoverable));
    REQUIRE(made);
    return std::move(*made);
  }
  std::vector<tables::Passkey> list() {
    auto all = list_passkeys(t.services, user.id);
    REQUIRE(all);
    return std::move(*all);
  }
  tables::User row() {
    auto found = t.store.read([&](store::ReadTxn& tx) -> Result<tables::User> {
      return tables::find_user(tx, user.id).value();
    });
    REQUIRE(found);
    return std::move(*found);
  }
  bool is_known(const std::string& id) {
    const auto found = t.store.read(
        [&](store::ReadTxn& tx) -> Result<bool> { return find_live_passkey(tx, id).has_value(); });
    REQUIRE(found);
    return *found;
  }
  void change_user(const std::function<void(tables::User&)>& change) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User row = tables::find_user(tx, user.id).value();
      change(row);
      tables::put_user(tx, row);
      return {};
    }));
  }
  std::vector<std::string> findings() {
    const auto report = check_store(t.services);
    REQUIRE(report);
    return report->findings;
  }
};

template <typename T>
std::string refusal(const Result<T>& result) {
  if (result) return "";
  return result.error().name.empty() ? std::string(default_name(result.error().code))
                                     : result.error().name;
}

}  // namespace

TEST_CASE("a passkey is added, listed, found by its id, renamed and removed") {
  World w;
  const tables::Passkey made = w.add(1);
  CHECK(is_whole_login(made));
  CHECK(made.user == w.user.id);
  CHECK(made.rp_id == "example.org");
  CHECK(made.algorithm == "ES256");
  CHECK(w.row().passkeys == 1);
  REQUIRE(w.list().size() == 1);
  CHECK(w.list().front().name == "phone");
  CHECK(w.is_known(test::passkey_id(1)));
  CHECK_FALSE(w.is_known(test::passkey_id(2)));

  REQUIRE(rename_passkey(w.t.services, *w.caller, made.id_hash, "my key"));
  CHECK(w.list().front().name == "my key");
  CHECK(w.findings().empty());

  REQUIRE(remove_passkey(w.t.services, *w.caller, made.id_hash, {}));
  CHECK(w.list().empty());
  CHECK_FALSE(w.is_known(test::passkey_id(1)));
  CHECK(w.row().passkeys == 0);
  CHECK(w.findings().empty());
}

TEST_CASE("what it is depends on what the authenticator can do") {
  World w;
  CHECK_FALSE(is_whole_login(w.add(1, false)));
  CHECK(w.row().passkeys == 0);
  CHECK(w.row().security_keys == 1);

  // Without verification of the person.
  test::RegistrationParts parts(test::passkey_key());
  parts.client.challenge = w.begin().challenge;
  parts.data.id = test::passkey_id(2);
  parts.data.flags &= static_cast<uint8_t>(~test::kUv);
  RegistrationResponse response = parts.response();
  response.is_discoverable = true;
  const auto made = w.try_add(response);
  REQUIRE(made);
  CHECK_FALSE(is_whole_login(*made));

  // By the transports, where the browser does not say.
  response = w.response(3);
  response.is_discoverable.reset();
  response.transports = {"usb"};
  const auto on_a_stick = w.try_add(response);
  REQUIRE(on_a_stick);
  CHECK_FALSE(is_whole_login(*on_a_stick));
  response = w.response(4);
  response.is_discoverable.reset();
  response.transports = {"hybrid"};
  const auto on_a_phone = w.try_add(response);
  REQUIRE(on_a_phone);
  CHECK(is_whole_login(*on_a_phone));
}

TEST_CASE("a user has one handle, which tells nothing about them") {
  World w;
  const PasskeyStart first = w.begin();
  const PasskeyStart second = w.begin();
  CHECK(first.user_handle.size() == kUserHandleBytes);
  CHECK(first.user_handle == second.user_handle);
  CHECK(first.challenge != second.challenge);
  w.log_in_again();
  CHECK(w.begin().user_handle == first.user_handle);
  CHECK(w.findings().empty());
}

TEST_CASE("the passkeys that there are go to the authenticator, which makes no second one") {
  World w;
  w.add(1);
  const PasskeyStart start = w.begin();
  REQUIRE(start.there_are.size() == 1);
  CHECK(start.there_are.front().id == test::passkey_id(1));
}

TEST_CASE("a challenge adds one passkey, and only in its session") {
  World w;
  test::RegistrationParts parts(test::passkey_key());
  parts.client.challenge = w.begin().challenge;
  parts.data.id = test::passkey_id(1);
  REQUIRE(w.try_add(parts.response()));
  parts.data.id = test::passkey_id(2);
  CHECK(refusal(w.try_add(parts.response())) == "passkey_refused");

  const RegistrationResponse response = w.response(3);
  w.log_in_again();
  CHECK(refusal(w.try_add(response)) == "passkey_refused");
  const RegistrationResponse late = w.response(4);
  w.t.clock.advance(kPasskeyChallengeLife);
  CHECK(refusal(w.try_add(late)) == "passkey_refused");
}

TEST_CASE("a used challenge is remembered for as long as it would be good") {
  World w;
  const Time now = w.t.clock.now();
  const std::string challenge =
      make_passkey_challenge(w.t.services, ChallengePurpose::login, "", now);
  for (const bool is_first : {true, false, false}) {
    const auto used = w.t.store.write(
        [&](store::WriteTxn& tx) -> Result<bool> { return use_passkey_challenge(tx, challenge); });
    REQUIRE(used);
    CHECK(*used == is_first);
  }
  const auto row = w.t.store.read([&](store::ReadTxn& tx) -> Result<tables::UsedChallenge> {
    return tables::used_challenges.find(tx, crypto::sha256(challenge)).value();
  });
  REQUIRE(row);
  CHECK(row->expires_at > now + kPasskeyChallengeLife);
}

TEST_CASE("a credential id belongs to one user") {
  World w;
  w.add(1);
  CHECK(refusal(w.try_add(w.response(1))) == "passkey_exists");
  test::add_user(w.t, "ben");
  w.caller = test::caller_of(w.t, test::tokens_of(test::try_login(w.t, "ben")));
  CHECK(refusal(w.try_add(w.response(1))) == "passkey_exists");
}

TEST_CASE("adding and removing passkeys needs a fresh proof") {
  World w;
  const tables::Passkey made = w.add(1);
  const RegistrationResponse response = w.response(2);
  w.t.clock.advance(kFreshProof + Milliseconds(1));
  CHECK(refusal(begin_passkey(w.t.services, *w.caller)) == "reauthentication_required");
  CHECK(refusal(w.try_add(response)) == "reauthentication_required");
  CHECK(refusal(remove_passkey(w.t.services, *w.caller, made.id_hash, {})) ==
        "reauthentication_required");
}

TEST_CASE("every refused response gets one text, and the audit log has the reason") {
  World w;
  RegistrationResponse response = w.response(1);
  response.attestation_object += 'x';
  const auto first = w.try_add(response);
  REQUIRE_FALSE(first);
  response = w.response(1);
  response.credential_id = test::passkey_id(2);
  const auto second = w.try_add(response);
  REQUIRE_FALSE(second);
  CHECK(first.error().message == second.error().message);
  CHECK(first.error().name == "passkey_refused");
  AuditFilter filter;
  filter.action = "passkey_added";
  const auto entries = list_audit(w.t.services, filter);
  REQUIRE(entries);
  REQUIRE(entries->size() == 2);
  CHECK((*entries)[0].outcome == "refused");
  CHECK((*entries)[0].detail == "credential_id_differs");
  CHECK((*entries)[1].detail == "malformed_attestation");
  CHECK(w.list().empty());
}

TEST_CASE("a user has at most twenty passkeys") {
  World w;
  for (size_t i = 0; i + 1 < kMaxPasskeysPerUser; ++i)
    w.add(static_cast<int>(i), i % 2 == 0);
  const RegistrationResponse one = w.response(100);
  const RegistrationResponse another = w.response(101);
  REQUIRE(w.try_add(one));
  CHECK(refusal(w.try_add(another)) == "too_many_passkeys");
  CHECK(refusal(begin_passkey(w.t.services, *w.caller)) == "too_many_passkeys");
  CHECK(w.list().size() == kMaxPasskeysPerUser);
}

TEST_CASE("a passkey needs a name") {
  World w;
  const RegistrationResponse response = w.response(1);
  CHECK(w.try_add(response, "").error().field == "name");
  CHECK(w.try_add(response, "a\nb").error().field == "name");
  const auto made = w.try_add(response, "a name");
  REQUIRE(made);
  CHECK(rename_passkey(w.t.services, *w.caller, made->id_hash, "").error().field == "name");
}

TEST_CASE("nobody touches the passkeys of others") {
  World w;
  const tables::Passkey made = w.add(1);
  test::add_user(w.t, "ben");
  const Person ben = test::caller_of(w.t, test::tokens_of(test::try_login(w.t, "ben")));
  CHECK(refusal(rename_passkey(w.t.services, ben, made.id_hash, "mine")) == "not_found");
  CHECK(refusal(remove_passkey(w.t.services, ben, made.id_hash, {})) == "not_found");
  CHECK(refusal(remove_passkey(w.t.services, *w.caller, "short", {})) == "not_found");
  CHECK(w.list().size() == 1);
}

TEST_CASE("the last way into an account stays") {
  World w;
  const tables::Passkey first = w.add(1);
  const tables::Passkey second = w.add(2);
  const tables::Passkey stick = w.add(3, false);
  w.change_user([](tables::User& user) { user.password_hash.clear(); });
  REQUIRE(remove_passkey(w.t.services, *w.caller, first.id_hash, {}));
  CHECK(refusal(remove_passkey(w.t.services, *w.caller, second.id_hash, {})) ==
        "last_login_method");
  CHECK(w.is_known(test::passkey_id(2)));
  CHECK(w.row().passkeys == 1);
  REQUIRE(remove_passkey(w.t.services, *w.caller, stick.id_hash, {}));
}

TEST_CASE("a removed passkey ends the other sessions, an added one does not") {
  World w;
  const tables::Passkey made = w.add(1);
  const Tokens other = test::tokens_of(test::try_login(w.t, "ann"));
  w.add(2);
  CHECK(test::is_alive(w.t, other));
  REQUIRE(remove_passkey(w.t.services, *w.caller, made.id_hash, {}));
  CHECK_FALSE(test::is_alive(w.t, other));
}

TEST_CASE("passkeys end with the second factors, and their ids are free then") {
  World w;
  w.add(1);
  REQUIRE(reset_factors(w.t.services, w.user.id, {}));
  CHECK(w.list().empty());
  CHECK_FALSE(w.is_known(test::passkey_id(1)));
  w.log_in_again();
  w.add(1);
  CHECK(w.row().passkeys == 1);
  CHECK(w.is_known(test::passkey_id(1)));
  CHECK(w.findings().empty());
}

TEST_CASE("the rows of ended passkeys are erased") {
  World w;
  w.add(1);
  w.add(2);
  REQUIRE(reset_factors(w.t.services, w.user.id, {}));
  while (true) {
    const auto erased = erase_ended_ways(w.t.services);
    REQUIRE(erased);
    if (!erased->more) break;
  }
  const auto left = w.t.store.read([&](store::ReadTxn& tx) -> Result<size_t> {
    size_t rows = 0;
    tables::passkeys.scan(tx, "", "", [&](std::string_view, const auto&) {
      rows += 1;
      return true;
    });
    tables::passkey_ids.scan(tx, "", "", [&](std::string_view, const auto&) {
      rows += 1;
      return true;
    });
    return rows;
  });
  REQUIRE(left);
  CHECK(*left == 0);
  CHECK(w.findings().empty());
}
