#include "auth/accounts/account/api_keys.h"

#include <catch2/catch.hpp>
#include <set>

#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/accounts/roles/role_removal.h"
#include "auth/core/api_key_text.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/activity_writer.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/step_up.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/ended_ways.h"
#include "support/people.h"
#include "tables/expiry.h"
#include "tables/mail_detail.h"
#include "tables/users.h"

using namespace authd;
using namespace std::chrono_literals;

namespace {

auth::MadeApiKey add_key(test::Instance& t, UserId user,
                         std::vector<std::string> scopes = {"verify"},
                         Milliseconds life = auth::kApiKeyLife) {
  auto made = auth::add_api_key(t.services, user, {}, {"ci", std::move(scopes), life}, {});
  REQUIRE(made);
  return std::move(*made);
}

bool is_good(test::Instance& t, std::string_view text) {
  const auto caller = auth::authenticate_api_key(t.services, text, t.clock.now());
  if (!caller) CHECK(caller.error().name == "invalid_api_key");
  return caller.has_value();
}

std::string refusal(test::Instance& t, UserId user, const auth::NewApiKey& wanted) {
  const auto made = auth::add_api_key(t.services, user, {}, wanted, {});
  return made ? "made" : made.error().field.empty() ? made.error().name : made.error().field;
}

}  // namespace

TEST_CASE("a key's text says whose it is, and a scanner can tell it from noise") {
  SystemRandom random;
  const std::string text = auth::make_api_key_text(random, {UserId{42}, 7});
  CHECK(text.size() == 78);
  CHECK(text.starts_with("authd_pat_0000000000g00000000007"));
  const auto name = auth::parse_api_key_text(text);
  REQUIRE(name);
  CHECK(name->user == UserId{42});
  CHECK(name->number == 7);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK_FALSE(auth::parse_api_key_text(flipped));
  }
  CHECK_FALSE(auth::parse_api_key_text(text + "0"));
  CHECK_FALSE(auth::parse_api_key_text(text.substr(1)));
  CHECK_FALSE(auth::parse_api_key_text(""));
  CHECK_FALSE(auth::parse_api_key_text(std::string(78, '\0')));
  const std::string most = auth::make_api_key_text(random, {UserId{UINT64_MAX}, UINT64_MAX});
  CHECK(auth::parse_api_key_text(most)->number == UINT64_MAX);
  std::set<std::string> texts;
  for (int i = 0; i < 1000; ++i)
    texts.insert(auth::make_api_key_text(random, {UserId{1}, 1}));
  CHECK(texts.size() == 1000);
}

TEST_CASE("the checksum is the CRC-32 that everybody has") {
  // zlib.crc32 of what stands before it, by Python.
  CHECK(
      auth::parse_api_key_text("authd_pat_00000000001"
                               "00000000001"
                               "0000000000000000000000000000000000000000"
                               "0tAV4y"));
}

TEST_CASE("a key opens what its scopes say, as its user") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const auth::MadeApiKey made = add_key(t, ann.id, {"verify", "app:deploy"});
  const auto caller = auth::authenticate_api_key(t.services, made.text.reveal(), t.clock.now());
  REQUIRE(caller);
  CHECK(caller->user().id == ann.id);
  CHECK(caller->roles() == std::vector<std::string>{"user"});
  CHECK(caller->key().number == made.key.number);
  CHECK(caller->session_if_any() == nullptr);
  CHECK(caller->has_scope("verify"));
  CHECK(caller->has_scope("app:deploy"));
  CHECK_FALSE(caller->has_scope("account"));
  CHECK_FALSE(caller->has_scope("admin"));
  // Nothing of the text is in the store.
  CHECK(made.key.hash.size() == 32);
  bool is_stored = false;
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    const std::string secret(made.text.reveal().substr(32, 40));
    tx.scan("", "", [&](std::string_view key, std::string_view value) {
      is_stored |= key.find(secret) != key.npos || value.find(secret) != value.npos;
      return true;
    });
    return {};
  }));
  CHECK_FALSE(is_stored);
}

TEST_CASE("a key is over when it is revoked or expired, and dies with its user") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const auth::MadeApiKey made = add_key(t, ann.id);
  const std::string text(made.text.reveal());
  REQUIRE(is_good(t, text));
  SECTION("revoked") {
    REQUIRE(auth::revoke_api_key(t.services, ann.id, made.key.number, {}));
    CHECK(auth::revoke_api_key(t.services, ann.id, made.key.number, {}).error().code ==
          ErrorCode::not_found);
  }
  SECTION("expired") {
    t.clock.advance(auth::kApiKeyLife - 1ms);
    CHECK(is_good(t, text));
    t.clock.advance(1ms);
    CHECK(auth::list_api_keys(t.services, ann.id)->empty());
  }
  SECTION("disabled") {
    REQUIRE(auth::set_disabled(t.services, ann.id, true, {}));
  }
  SECTION("deleted") {
    REQUIRE(auth::delete_account(t.services, ann.id, {}));
  }
  CHECK_FALSE(is_good(t, text));
  CHECK(auth::check_store(t.services)->findings.empty());
}

TEST_CASE("all keys of a user are revoked at once, and others can be made") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const auth::MadeApiKey bobs = add_key(t, test::add_user(t, "bob").id);
  std::vector<auth::MadeApiKey> made;
  for (size_t i = 0; i < auth::kMaxApiKeysPerUser; ++i)
    made.push_back(add_key(t, ann.id, {"verify"}, i == 0 ? Milliseconds(1h) : auth::kApiKeyLife));
  t.clock.advance(2h);
  const auto revoked = auth::revoke_api_keys(t.services, ann.id, {});
  REQUIRE(revoked);
  CHECK(*revoked == auth::kMaxApiKeysPerUser - 1);  // one had expired
  CHECK(auth::list_api_keys(t.services, ann.id)->empty());
  for (const auth::MadeApiKey& key : made)
    CHECK_FALSE(is_good(t, key.text.reveal()));
  CHECK(is_good(t, bobs.text.reveal()));
  const auto entries = auth::list_audit(t.services, {});
  REQUIRE(entries);
  CHECK(entries->front().action == "api_keys_revoked");
  CHECK(entries->front().subject == ann.id);
  CHECK(entries->front().detail == "49");
  const std::string text(add_key(t, ann.id).text.reveal());
  CHECK(is_good(t, text));
  CHECK(auth::check_store(t.services)->findings.empty());
  while (auth::erase_ended_ways(t.services)->more) {
  }
  CHECK(is_good(t, text));
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    CHECK(auth::api_keys_of(tx, ann.id).size() == 1);
    return {};
  }));
  // The one that had expired stays revoked when the clock is set back.
  t.clock.advance(-2h);
  CHECK_FALSE(is_good(t, made.front().text.reveal()));
  CHECK(auth::revoke_api_keys(t.services, UserId{99}, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("a changed password and a logout everywhere leave keys alone") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const std::string text(add_key(t, ann.id).text.reveal());
  REQUIRE(auth::set_password(t.services, ann.id, Password("another horse battery"), {}));
  REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
  CHECK(is_good(t, text));
}

TEST_CASE("a key of another is not found, and not revoked") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const tables::User bob = test::add_user(t, "bob");
  const auth::MadeApiKey made = add_key(t, ann.id);
  CHECK_FALSE(auth::revoke_api_key(t.services, bob.id, made.key.number, {}));
  CHECK(is_good(t, made.text.reveal()));
  // A text that the server would accept as well formed, of a row that is there.
  CHECK_FALSE(is_good(t, auth::make_api_key_text(t.random, {ann.id, made.key.number})));
  CHECK_FALSE(is_good(t, auth::make_api_key_text(t.random, {bob.id, made.key.number})));
}

TEST_CASE("what a key cannot be is refused, with the field") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  CHECK(refusal(t, ann, {"", {"verify"}, 24h}) == "name");
  CHECK(refusal(t, ann, {std::string(1000, 'x'), {"verify"}, 24h}) == "name");
  for (const std::vector<std::string>& scopes :
       std::vector<std::vector<std::string>>{{},
                                             {""},
                                             {"account"},
                                             {"verify", "root"},
                                             {"verify admin"},
                                             {"app:"},
                                             {"app:A"},
                                             {"app:a b"},
                                             {"app:" + std::string(61, 'a')},
                                             std::vector<std::string>(21, "verify")}) {
    CHECK(refusal(t, ann, {"x", scopes, 24h}) == "scopes");
  }
  for (const Milliseconds life : {Milliseconds(0), Milliseconds(-1), Milliseconds(59'999),
                                  auth::kMaxApiKeyLife + 1ms, Milliseconds(INT64_MAX / 2)}) {
    CHECK(refusal(t, ann, {"x", {"verify"}, life}) == "expires_in");
  }
  CHECK(auth::add_api_key(t.services, UserId{99}, {}, {"x", {"verify"}, 24h}, {}).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("a user has a limited number of keys") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  for (size_t i = 0; i < auth::kMaxApiKeysPerUser; ++i)
    add_key(t, ann, {"verify"}, i == 0 ? Milliseconds(1h) : auth::kApiKeyLife);
  CHECK(refusal(t, ann, {"x", {"verify"}, 24h}) == "too_many_api_keys");
  t.clock.advance(2h);
  CHECK(refusal(t, ann, {"x", {"verify"}, 24h}) == "made");  // one has expired
}

TEST_CASE("keys from before there was a list of them count as well") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  std::vector<tables::ApiKey> old;
  for (size_t i = 0; i < auth::kMaxApiKeysPerUser; ++i)
    old.push_back(add_key(t, ann).key);
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, ann);
    user.api_keys.clear();
    tables::put_user(tx, user);
    return {};
  }));
  CHECK(refusal(t, ann, {"x", {"verify"}, 24h}) == "too_many_api_keys");
  REQUIRE(auth::revoke_api_key(t.services, ann, old.front().number, {}));
  CHECK(refusal(t, ann, {"x", {"verify"}, 24h}) == "made");
  CHECK(refusal(t, ann, {"x", {"verify"}, 24h}) == "too_many_api_keys");
}

TEST_CASE("the limit of keys is kept by the write, whatever was looked at before it") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  add_key(t, ann);
  // As they are after one look of a hundred requests at once.
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, ann);
    CHECK(auth::usable_api_keys(tx, user, {}, t.clock.now()).size() == 1);
    user.api_keys.push_back(99);  // revoked meanwhile
    CHECK(auth::usable_api_keys(tx, user, {}, t.clock.now()).size() == 1);
    CHECK(auth::usable_api_keys(tx, user, {}, t.clock.now() + auth::kApiKeyLife).empty());
    return {};
  }));
}

TEST_CASE("keys that are over are swept") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  const auth::MadeApiKey made = add_key(t, ann);
  add_key(t, ann, {"verify"}, 300 * 24h);
  t.clock.advance(auth::kApiKeyLife);
  while (tables::sweep_expired(t.store, t.clock.now())->more) {
  }
  CHECK(auth::check_store(t.services)->findings.empty());
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    CHECK(auth::api_keys_of(tx, ann).size() == 1);
    return {};
  }));
}

TEST_CASE("when a key was last used is written once a minute, and never after its end") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  const auth::MadeApiKey made = add_key(t, ann);
  const auto last_used = [&] { return auth::list_api_keys(t.services, ann)->front().last_used; };
  CHECK(last_used() == Time{});
  for (int i = 0; i < 100; ++i)
    REQUIRE(is_good(t, made.text.reveal()));
  REQUIRE(auth::write_activity(t.services));
  const Time first = t.clock.now();
  CHECK(last_used() == first);
  t.clock.advance(59s);
  REQUIRE(is_good(t, made.text.reveal()));
  CHECK(*auth::write_activity(t.services) == 0);
  CHECK(last_used() == first);
  t.clock.advance(1s);
  REQUIRE(is_good(t, made.text.reveal()));
  REQUIRE(auth::revoke_api_key(t.services, ann, made.key.number, {}));
  REQUIRE(auth::write_activity(t.services));
  CHECK(auth::list_api_keys(t.services, ann)->empty());
  CHECK(auth::check_store(t.services)->findings.empty());
}

TEST_CASE("a role that is granted later does not reach an earlier key") {
  test::Instance t;
  REQUIRE(auth::add_role(t.services, "editor", "", {"posts:write"}, {}));
  const UserId ann = test::add_user(t, "ann").id;
  const auto roles_of = [&](const auth::MadeApiKey& made) {
    const auto caller = auth::authenticate_api_key(t.services, made.text.reveal(), t.clock.now());
    REQUIRE(caller);
    CHECK(caller->permissions().empty() ==
          (std::find(caller->roles().begin(), caller->roles().end(), "editor") ==
           caller->roles().end()));
    return caller->roles();
  };
  using Roles = std::vector<std::string>;
  const auto grant = [&](const char* role) {
    REQUIRE(auth::grant_role(t.services, ann, role, {}));
  };
  const auto revoke = [&](const char* role) {
    REQUIRE(auth::revoke_role(t.services, ann, role, {}, auth::LastAdmin::may_go));
  };
  const auth::MadeApiKey before = add_key(t, ann);
  grant("admin");
  CHECK(roles_of(before) == Roles{"user"});
  const auth::MadeApiKey between = add_key(t, ann, {"admin"});
  grant("editor");
  CHECK(roles_of(before) == Roles{"user"});
  CHECK(roles_of(between) == Roles{"user", "admin"});
  const auth::MadeApiKey third = add_key(t, ann);
  CHECK(roles_of(third) == Roles{"user", "admin", "editor"});
  // Granted anew is granted later.
  revoke("admin");
  CHECK(roles_of(between) == Roles{"user"});
  grant("admin");
  CHECK(roles_of(between) == Roles{"user"});
  CHECK(roles_of(add_key(t, ann)) == Roles{"user", "editor", "admin"});
  // Granting what is there changes nothing, and revoking one leaves the others as old as they are.
  grant("editor");
  revoke("user");
  CHECK(roles_of(before).empty());
  CHECK(roles_of(add_key(t, ann)) == Roles{"editor", "admin"});
  // Nor does a role that is deleted make the others older.
  CHECK(roles_of(third) == Roles{"editor"});
  REQUIRE(auth::delete_role(t.services, "editor", {}));
  CHECK(roles_of(third).empty());
  CHECK(roles_of(add_key(t, ann)) == Roles{"admin"});
  CHECK(auth::check_store(t.services)->findings.empty());
}

TEST_CASE("keys and roles of an earlier release keep what they have") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  REQUIRE(auth::grant_role(t.services, ann, "admin", {}));
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, ann);
    user.role_grants = 0;
    user.role_since.clear();
    tables::put_user(tx, user);
    return {};
  }));
  const auth::MadeApiKey old = add_key(t, ann, {"admin"});
  CHECK(old.key.role_grants == 0);
  REQUIRE(auth::add_role(t.services, "editor", "", {}, {}));
  REQUIRE(auth::grant_role(t.services, ann, "editor", {}));
  const auto caller = auth::authenticate_api_key(t.services, old.text.reveal(), t.clock.now());
  REQUIRE(caller);
  CHECK(caller->roles() == std::vector<std::string>{"user", "admin"});
}

TEST_CASE("only an administrator has a key for the administration") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  for (const char* scope : {"admin", "admin:read"})
    CHECK(refusal(t, ann, {"x", {"verify", scope}, 24h}) == "scopes");
  REQUIRE(auth::grant_role(t.services, ann, "admin", {}));
  for (const char* scope : {"admin", "admin:read"})
    CHECK(refusal(t, ann, {"x", {"verify", scope}, 24h}) == "made");
}

TEST_CASE("the owner is told of each key, at a confirmed address alone") {
  test::Instance t;
  const UserId ann = test::add_user(t, "ann").id;
  const auto told = [&] {
    return test::take_mail(t, tables::MailKind::factors_changed, "ann@example.org").detail;
  };
  auth::Origin herself;
  herself.actor = ann;
  const auto add_herself = [&] {
    return auth::add_api_key(t.services, ann, {}, {"ci", {"verify", "app:x"}, 24h}, herself)
        .value()
        .key.number;
  };
  REQUIRE(auth::revoke_api_key(t.services, ann, add_herself(), herself));
  CHECK(test::mails(t).empty());
  // An operator floods nobody.
  const uint64_t number = add_key(t, ann).key.number;
  CHECK(told() == tables::detail_of({{"api_key_created", {{"name", "ci"}, {"scopes", "verify"}}}}));
  REQUIRE(auth::revoke_api_key(t.services, ann, number, {}));
  CHECK(told() == tables::detail_of({{"api_key_revoked", {{"name", "ci"}}}}));
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, ann);
    user.email_verified = true;
    tables::put_user(tx, user);
    return {};
  }));
  add_herself();
  CHECK(told() ==
        tables::detail_of({{"api_key_created", {{"name", "ci"}, {"scopes", "verify, app:x"}}}}));
  REQUIRE(auth::revoke_api_keys(t.services, ann, herself));
  CHECK(told() == "api_keys_revoked");
  REQUIRE(auth::revoke_api_keys(t.services, ann, herself));
  CHECK(test::mails(t).empty());
}
