#include "auth/footholds.h"

#include "auth/api_keys.h"
#include "auth/recovery.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

Result<auth::MadeApiKey> add_key(Instance& t, UserId user, std::string_view session = "") {
  return auth::add_api_key(t.services, user, session, {"ci", {"verify"}, 24h}, {});
}

// The write of somebody who proves the address.
Result<void> prove(Instance& t, UserId id, const auth::Footholds& footholds) {
  return t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, id);
    TRY(auth::remove_footholds(tx, footholds, user));
    user.email_verified = true;
    tables::put_user(tx, user);
    return {};
  });
}

}  // namespace

TEST_CASE("a way in that is added between the look and the write is found by the next look") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const auto first = add_key(t, ann);
  REQUIRE(first);
  int rounds = 0;
  const auto done = auth::with_footholds(t.services, ann, [&](const auth::Footholds& footholds) {
    if (++rounds == 1) REQUIRE(add_key(t, ann));
    return prove(t, ann, footholds);
  });
  REQUIRE(done);
  CHECK(rounds == 2);
  CHECK(auth::list_api_keys(t.services, ann)->empty());
}

TEST_CASE("whoever adds ways in without end makes the proof fail, not pass") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const auto done = auth::with_footholds(t.services, ann, [&](const auth::Footholds& footholds) {
    REQUIRE(add_key(t, ann));
    return prove(t, ann, footholds);
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::conflict);
  CHECK_FALSE(auth::view_account(t.services, ann)->user.email_verified);
}

TEST_CASE("no API key is made for a session that ended meanwhile") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const std::string session = caller_of(t, tokens_of(try_login(t, "ann"))).session().id;
  REQUIRE(add_key(t, ann, session));
  REQUIRE(auth::set_password(t.services, ann, Password("another password"), {}));
  const auto late = add_key(t, ann, session);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::unauthenticated);
  CHECK(auth::list_api_keys(t.services, ann)->size() == 1);
}
