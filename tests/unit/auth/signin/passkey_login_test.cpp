#include "auth/signin/passkey_login.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/audit/audit.h"
#include "support/passkeys.h"
#include "support/people.h"

using namespace authd;
using namespace authd::auth;

namespace {

// ann, with one passkey.
struct World {
  World() {
    test::add_user(t, "ann");
    const Person caller = test::caller_of(t, test::tokens_of(test::try_login(t, "ann")));
    const auto start = begin_passkey(t.services, caller);
    REQUIRE(start);
    handle = start->user_handle;
    const auto made =
        add_passkey(t.services, caller, {test::made_passkey(start->challenge, 1), "phone"}, {});
    REQUIRE(made);
    id = made->passkey.id;
  }
  test::Instance t{test::passkey_config()};
  std::string handle;
  std::string id;
  uint32_t counter = 1;

  AssertionResponse answer() {
    const auto question = begin_passkey_login(t.services);
    REQUIRE(question);
    test::AssertionParts parts;
    parts.client.challenge = question->challenge;
    parts.data.id = id;
    parts.data.sign_count = ++counter;
    parts.user_handle = handle;
    return parts.response(test::passkey_key());
  }
  Result<LoginOutcome> log_in(const AssertionResponse& response) {
    return log_in_by_passkey(t.services, response, {});
  }
  std::string reason() {
    AuditFilter filter;
    filter.action = "login_by_passkey";
    const auto entries = list_audit(t.services, filter);
    REQUIRE(entries);
    REQUIRE_FALSE(entries->empty());
    return entries->front().detail;
  }
};

}  // namespace

TEST_CASE("a passkey starts a session of two factors") {
  World w;
  const auto outcome = w.log_in(w.answer());
  REQUIRE(outcome);
  const Tokens* tokens = std::get_if<Tokens>(&*outcome);
  REQUIRE(tokens != nullptr);
  CHECK(test::is_alive(w.t, *tokens));
  const Person caller = test::caller_of(w.t, *tokens);
  CHECK(caller.session().amr == std::vector<std::string>{"hwk", "user", "mfa"});
}

TEST_CASE("a question is good for one login, and for a while") {
  World w;
  const AssertionResponse response = w.answer();
  REQUIRE(w.log_in(response));
  CHECK(w.log_in(response).error().name == "invalid_passkey");
  const AssertionResponse late = w.answer();
  w.t.clock.advance(kPasskeyChallengeLife);
  CHECK(w.log_in(late).error().name == "invalid_passkey");
  CHECK(w.reason() == "stale_challenge");
}

TEST_CASE("a key that is only a second factor opens nothing") {
  World w;
  const auto all = list_passkeys(w.t.services, find_account(w.t.services, "ann")->id);
  REQUIRE(all);
  tables::Passkey row = all->front();
  row.is_discoverable = false;
  REQUIRE(w.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::passkeys.rewrite(tx, row);
    return {};
  }));
  CHECK(w.log_in(w.answer()).error().name == "second_factor_only");
  w.id = std::string(16, 'x');
  CHECK(w.log_in(w.answer()).error().name == "unknown_passkey");
  CHECK(w.reason() == "unknown_credential");
}

TEST_CASE("a counter that goes back is refused, audited and told") {
  World w;
  w.counter = 10;
  REQUIRE(w.log_in(w.answer()));
  w.counter = 3;
  CHECK(w.log_in(w.answer()).error().name == "invalid_passkey");
  CHECK(w.reason() == "clone_suspected");
  AuditFilter filter;
  filter.action = "passkey_clone_suspected";
  const auto entries = list_audit(w.t.services, filter);
  REQUIRE(entries);
  CHECK(entries->size() == 1);
  w.counter = 20;
  CHECK(w.log_in(w.answer()));
}
