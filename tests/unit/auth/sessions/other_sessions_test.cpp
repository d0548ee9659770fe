#include "auth/sessions/other_sessions.h"

#include <catch2/catch.hpp>

#include "auth/sessions/sessions.h"
#include "support/people.h"

using namespace authd;

TEST_CASE("everywhere else is every session but the caller's, and nobody else's") {
  test::Instance t;
  test::add_user(t, "ann");
  test::add_user(t, "ben");
  const auth::Tokens here = test::tokens_of(test::try_login(t, "ann"));
  const auth::Tokens there = test::tokens_of(test::try_login(t, "ann"));
  const auth::Tokens bens = test::tokens_of(test::try_login(t, "ben"));
  const auth::Person caller = test::caller_of(t, here);
  REQUIRE(auth::end_sessions_elsewhere(t.services, caller, {}));
  CHECK(test::is_alive(t, here));
  CHECK_FALSE(test::is_alive(t, there));
  CHECK(test::is_alive(t, bens));
  // With nothing left to end it is no error.
  CHECK(auth::end_sessions_elsewhere(t.services, test::caller_of(t, here), {}));
  CHECK(test::is_alive(t, here));
}

TEST_CASE("a session that has ended ends no others") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens here = test::tokens_of(test::try_login(t, "ann"));
  const auth::Tokens there = test::tokens_of(test::try_login(t, "ann"));
  const auth::Person caller = test::caller_of(t, here);
  REQUIRE(auth::end_session(t.services, caller.session().id, {}));
  CHECK(auth::end_sessions_elsewhere(t.services, caller, {}).error().code ==
        ErrorCode::unauthenticated);
  CHECK(test::is_alive(t, there));
}
