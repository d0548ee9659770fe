// Whom a token names: the account's subject, or its id in tokens of authd 0.1.0, and never anybody
// but the owner of the session.
#include "auth/core/subject.h"

#include <catch2/catch.hpp>

#include "auth/sessions/access_token.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/token_issue.h"
#include "auth/upkeep/check.h"
#include "base/json.h"
#include "base/uuid.h"
#include "crypto/jose/jwt.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

std::string payload_of(const auth::Tokens& tokens) {
  const auto jws = crypto::parse_compact(tokens.access.reveal());
  REQUIRE(jws);
  return jws->payload;
}

std::string sub_of(const auth::Tokens& tokens) {
  return JsonObject::parse(payload_of(tokens)).value().string("sub").value();
}

// The token with another `sub`, signed by the server's own key.
std::string with_sub(Instance& t, const auth::Tokens& tokens, const std::string& sub) {
  std::string payload = payload_of(tokens);
  const std::string from = "\"sub\":\"" + sub_of(tokens) + "\"";
  const size_t at = payload.find(from);
  REQUIRE(at != std::string::npos);
  payload.replace(at, from.size(), "\"sub\":\"" + sub + "\"");
  const auto keys = auth::current_keys(t.services);
  REQUIRE(keys);
  const auto token =
      crypto::sign_jwt(*(*keys)->active(crypto::Algorithm::es256)->key, "at+jwt", payload);
  REQUIRE(token);
  return *token;
}

tables::User row_of(Instance& t, UserId id) {
  const auto user = t.store.read([&](store::ReadTxn& tx) -> Result<tables::User> {
    return tables::find_user(tx, id).value();
  });
  REQUIRE(user);
  return *user;
}

}  // namespace

TEST_CASE("an account gets a subject that no other has, and it is found by it") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User bob = add_user(t, "bob");
  CHECK(is_uuid(ann.subject));
  CHECK(is_uuid(bob.subject));
  CHECK(ann.subject != bob.subject);
  CHECK(row_of(t, ann.id).subject == ann.subject);
  CHECK(auth::find_account(t.services, ann.subject)->id == ann.id);
  // A username may look like a subject. It never hides the account that has it.
  const tables::User cat = add_user(t, "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16");
  CHECK(auth::find_account(t.services, cat.username)->id == cat.id);
  auth::ProfileChange change;
  change.username = ann.subject;
  REQUIRE(auth::change_profile(t.services, cat.id, change, {}));
  CHECK(auth::find_account(t.services, ann.subject)->id == ann.id);
  CHECK(auth::find_account(t.services, "name:" + ann.subject)->id == cat.id);
}

TEST_CASE("a subject stays when the account changes, and goes with it") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auth::ProfileChange change;
  change.username = "anna";
  change.email = "anna@example.org";
  REQUIRE(auth::change_profile(t.services, ann.id, change, {}));
  tokens_of(try_login(t, "anna"));
  CHECK(row_of(t, ann.id).subject == ann.subject);
  REQUIRE(auth::delete_account(t.services, ann.id, {}));
  CHECK_FALSE(auth::find_account(t.services, ann.subject));
  CHECK(add_user(t, "ann").subject != ann.subject);
  CHECK(auth::check_store(t.services)->findings == std::vector<std::string>{});
}

TEST_CASE("tokens carry the subject, however they were made") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  CHECK(sub_of(tokens) == ann.subject);
  const auto refreshed = auth::refresh(t.services, tokens.refresh, {});
  REQUIRE(refreshed);
  CHECK(sub_of(*refreshed) == ann.subject);
  auto minted = auth::issue_token(t.services, ann.id, std::chrono::hours(1), "account", {});
  REQUIRE(minted);
  auth::Tokens issued;
  issued.access = std::move(minted->token);
  CHECK(sub_of(issued) == ann.subject);
}

TEST_CASE("a token names the owner of its session, by subject or by id, or it is refused") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User bob = add_user(t, "bob");
  const auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  const auto who = [&](const std::string& sub) {
    const auto caller = auth::authenticate(t.services, with_sub(t, tokens, sub), t.clock.now());
    return caller ? caller->user().id.value : 0;
  };
  CHECK(who(ann.subject) == ann.id.value);
  CHECK(who(std::to_string(ann.id.value)) == ann.id.value);  // as authd 0.1.0 wrote it
  for (const std::string& other :
       {bob.subject, std::to_string(bob.id.value), std::string(), std::string("0"),
        "0" + std::to_string(ann.id.value), std::to_string(ann.id.value) + " ", ann.username,
        ann.subject.substr(0, 35), std::string("3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16")}) {
    CAPTURE(other);
    CHECK(who(other) == 0);
  }
}

TEST_CASE("an account without a subject is named by its id until the next login gives it one") {
  Instance t;
  const UserId id = add_user(t, "ann").id;
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = tables::find_user(tx, id).value();
    user.subject.clear();
    tables::put_user(tx, user);
    return {};
  }));
  const auto issued = auth::issue_token(t.services, id, std::chrono::hours(1), "account", {});
  REQUIRE(issued);
  const auto is_good = [&] {
    return auth::authenticate(t.services, issued->token.reveal(), t.clock.now()).has_value();
  };
  CHECK(is_good());
  const auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  const std::string subject = row_of(t, id).subject;
  CHECK(is_uuid(subject));
  CHECK(sub_of(tokens) == subject);
  CHECK(is_alive(t, tokens));
  CHECK(is_good());
  tokens_of(try_login(t, "ann"));
  CHECK(row_of(t, id).subject == subject);
  CHECK(auth::check_store(t.services)->findings == std::vector<std::string>{});
}
