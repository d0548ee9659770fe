#include "auth/passwords/leak_checks.h"

#include "auth/accounts/changes/credential_change.h"
#include "auth/core/audit/audit.h"
#include "auth/passwords/known_passwords.h"
#include "auth/signin/basic_login.h"
#include "support/people.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// ann signs in while the server knows her password, or does not.
struct World {
  World() {
    t.config.passwords.pwned = config::PwnedCheck::login;
    t.known.queue().open();
    know(test::kPassword);
  }

  void know(const std::string& password) {
    t.remote.answer = [password, this](const fetch::Request& request) -> Result<fetch::Reply> {
      asked += 1;
      const PasswordSha1 sha1 = sha1_of(Password(std::string(password)));
      const bool is_range = request.url.ends_with(sha1.reveal().substr(0, 5));
      return fetch::Reply{.status = 200,
                          .body = is_range ? std::string(sha1.reveal().substr(5)) + ":12\r\n" : ""};
    };
  }
  void settle_next() {
    const auto next = t.known.queue().wait();
    REQUIRE(next);
    REQUIRE(settle(t.services, *next));
  }
  bool is_marked() {
    const auto user = t.store.read(
        [&](store::ReadTxn& tx) -> Result<tables::User> { return *tables::find_user(tx, ann.id); });
    REQUIRE(user);
    return user->password_leaked_at != Time{};
  }
  size_t entries() {
    AuditFilter filter;
    filter.action = "password_leaked";
    const auto found = list_audit(t.services, filter);
    REQUIRE(found);
    return found->size();
  }

  test::Instance t;
  int asked = 0;
  tables::User ann = test::add_user(t, "ann");
};

TEST_CASE("A login with a known password marks the account, after the reply") {
  World w;
  REQUIRE(test::try_login(w.t, "ann"));
  REQUIRE(w.asked == 0);
  REQUIRE_FALSE(w.is_marked());
  w.settle_next();
  REQUIRE(w.is_marked());
  REQUIRE(w.entries() == 1);
}

TEST_CASE("A marked account is not looked up again, until its password changes") {
  World w;
  REQUIRE(test::try_login(w.t, "ann"));
  w.settle_next();
  REQUIRE(test::try_login(w.t, "ann"));
  const auto another = Password("another horse battery");
  REQUIRE(set_password(w.t.services, w.ann.id, another, {}));
  REQUIRE_FALSE(w.is_marked());
  w.t.known.queue().push({w.ann.id, Time{}, sha1_of(Password("x"))});  // the next in the queue
  const auto next = w.t.known.queue().wait();
  REQUIRE(next);
  REQUIRE(next->password_changed_at == Time{});
}

TEST_CASE("A password that was changed in the meantime marks nobody") {
  World w;
  REQUIRE(test::try_login(w.t, "ann"));
  w.t.clock.advance(Seconds(1));
  REQUIRE(set_password(w.t.services, w.ann.id, Password("another horse battery"), {}));
  w.settle_next();
  REQUIRE_FALSE(w.is_marked());
  REQUIRE(w.entries() == 0);
}

TEST_CASE("A password that is not known, or a wrong one, marks nobody") {
  World w;
  w.know("something else");
  REQUIRE(test::try_login(w.t, "ann"));
  w.settle_next();
  REQUIRE_FALSE(w.is_marked());
  REQUIRE_FALSE(test::try_login(w.t, "ann", {}, "wrong horse battery"));
  REQUIRE_FALSE(test::try_login(w.t, "nobody"));
  w.t.known.queue().close();
  REQUIRE_FALSE(w.t.known.queue().wait());
}

TEST_CASE("A login with Basic is looked up as well") {
  World w;
  REQUIRE(authenticate_password(w.t.services, "ann", Password(test::kPassword), {}, nullptr));
  w.settle_next();
  REQUIRE(w.is_marked());
}

TEST_CASE("Logins are looked up only where the configuration says so") {
  World w;
  for (const auto pwned : {config::PwnedCheck::off, config::PwnedCheck::signup}) {
    w.t.config.passwords.pwned = pwned;
    REQUIRE(test::try_login(w.t, "ann"));
  }
  w.t.known.queue().push({UserId{7}, Time{}, sha1_of(Password("x"))});
  REQUIRE(w.t.known.queue().wait()->user == UserId{7});
}

TEST_CASE("A queue that is full takes no more, and one that nobody empties keeps nothing") {
  LeakQueue queue;
  const auto push = [&] { return queue.push({UserId{7}, Time{}, sha1_of(Password("x"))}); };
  for (size_t i = 0; i < LeakQueue::kMaxWaiting + 1; ++i)
    REQUIRE(push());
  queue.open();
  for (size_t i = 0; i < LeakQueue::kMaxWaiting; ++i)
    REQUIRE(push());
  REQUIRE_FALSE(push());
}

}  // namespace
}  // namespace authd::auth
