#include "auth/accounts/changes/email_change.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/sessions/session_tokens.h"

#include "auth/sessions/access_token.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/recovery.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using tables::MailKind;

namespace {

constexpr const char* kAnn = "ann@example.org";
constexpr const char* kNew = "new@example.org";

// Ann in two sessions, of which one asks for another address.
struct Change {
  Instance t;
  UserId ann = add_user(t, "ann").id;
  auth::Tokens asking = tokens_of(try_login(t, "ann"));
  auth::Tokens other = tokens_of(try_login(t, "ann"));
  std::string other_session = caller_of(t, other).session().id;

  Change() { REQUIRE(ask()); }
  Result<void> ask(const char* email = kNew) {
    return auth::begin_email_change(t.services, caller_of(t, asking), email, {});
  }
  OneTimeSecret link(const char* to = kNew) {
    return secret_of(t, take_mail(t, MailKind::confirm_new_email, to));
  }
  OneTimeSecret stop() { return secret_of(t, take_mail(t, MailKind::email_change_asked, kAnn)); }
  std::string follow(const OneTimeSecret& token, std::string_view session) {
    const auto done = auth::confirm_any_email(t.services, token, {session}, {});
    return done ? "ok" : done.error().name;
  }
  std::string email() { return auth::view_account(t.services, ann)->user.email; }
};

}  // namespace

TEST_CASE("a change of the email acts in a session of the account alone") {
  Change change;
  const OneTimeSecret token = change.link();
  CHECK(change.follow(token, "") == "sign_in_first");
  add_user(change.t, "bob");
  const auto bob = caller_of(change.t, tokens_of(try_login(change.t, "bob"))).session().id;
  CHECK(change.follow(token, bob) == "sign_in_first");
  CHECK(change.email() == kAnn);
  SECTION("nor with its password") {
    const Password password(kPassword);
    CHECK(auth::confirm_any_email(change.t.services, token, {std::nullopt, &password}, {})
              .error()
              .name == "sign_in_first");
  }
  // The link stays good.
  CHECK(change.follow(token, change.other_session) == "ok");
  CHECK(change.email() == kNew);
  CHECK(auth::is_owner_known(auth::view_account(change.t.services, change.ann)->user));
  // The one that asked is kept.
  CHECK(is_alive(change.t, change.asking));
}

TEST_CASE("a change of the email is void") {
  Change change;
  const OneTimeSecret token = change.link();
  SECTION("when the session that asked is ended") {
    const std::string id = caller_of(change.t, change.asking).session().id;
    REQUIRE(auth::end_own_session(change.t.services, change.ann, id, {}));
  }
  SECTION("when an administrator sets the address") {
    auth::ProfileChange by_admin;
    by_admin.email = "right@example.org";
    REQUIRE(auth::change_profile(change.t.services, change.ann, by_admin, {}));
  }
  SECTION("even if the administrator sets it back again") {
    auth::ProfileChange by_admin;
    by_admin.email = "right@example.org";
    REQUIRE(auth::change_profile(change.t.services, change.ann, by_admin, {}));
    by_admin.email = kAnn;
    REQUIRE(auth::change_profile(change.t.services, change.ann, by_admin, {}));
  }
  SECTION("when another one was asked for since") {
    change.t.clock.advance(1min);
    REQUIRE(change.ask("newer@example.org"));
    const OneTimeSecret newer = change.link("newer@example.org");
    CHECK(change.follow(token, change.other_session) == "invalid_code");
    CHECK(change.follow(newer, change.other_session) == "ok");
    return;
  }
  SECTION("when the old address stopped it") {
    REQUIRE(auth::stop_email_change(change.t.services, change.stop(), {}));
    CHECK_FALSE(is_alive(change.t, change.asking));
    CHECK(is_alive(change.t, change.other));
  }
  CHECK(change.follow(token, change.other_session) == "invalid_code");
  CHECK(change.email() != kNew);
}

TEST_CASE("a change of the email outlives a form that sends the address as it is") {
  Change change;
  const OneTimeSecret token = change.link();
  auth::ProfileChange by_admin;
  by_admin.first_name = "Ann";
  by_admin.email = kAnn;
  REQUIRE(auth::change_profile(change.t.services, change.ann, by_admin, {}));
  CHECK(change.follow(token, change.other_session) == "ok");
}

TEST_CASE("a change of the email is stopped once, and says the same again") {
  Change change;
  const OneTimeSecret stop = change.stop();
  const auto look = [&] { return auth::look_at_link(change.t.services, stop, std::nullopt, {}); };
  CHECK(look()->kind == auth::LinkKind::stop);
  CHECK(look()->email == kNew);
  CHECK(look()->account == "ann");
  REQUIRE(auth::stop_email_change(change.t.services, stop, {}));
  CHECK(look()->email.empty());
  // The owner asks for another one: the link has done what it was for.
  change.t.clock.advance(1min);
  change.asking = tokens_of(try_login(change.t, "ann"));
  take_mail(change.t, MailKind::confirm_new_email, kNew);
  REQUIRE(change.ask());
  REQUIRE(auth::stop_email_change(change.t.services, stop, {}));
  CHECK(look()->email.empty());
  CHECK(change.follow(change.link(), change.other_session) == "ok");
  const auto late = auth::stop_email_change(change.t.services, change.stop(), {});
  CHECK(late.error().name == "email_changed");
}

TEST_CASE("an account without an address is changed without telling one") {
  Instance t;
  auth::NewAccount account;
  account.username = "nemo";
  account.password = Password(kPassword);
  REQUIRE(auth::create_account(t.services, account, {}));
  const auth::Person caller = caller_of(t, tokens_of(try_login(t, "nemo")));
  REQUIRE(auth::begin_email_change(t.services, caller, kNew, {}));
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::confirm_new_email, kNew));
  CHECK(mails(t).empty());
  CHECK(auth::confirm_any_email(t.services, token, {caller.session().id}, {}));
}

TEST_CASE("a look at a link changes nothing and shows nothing of links that do not work") {
  Change change;
  const OneTimeSecret token = change.link();
  const std::string asking = caller_of(change.t, change.asking).session().id;
  const auto seen = auth::look_at_link(change.t.services, token, asking, {});
  REQUIRE(seen);
  CHECK(seen->kind == auth::LinkKind::change);
  CHECK(seen->email == kNew);
  CHECK(seen->account == "ann");
  CHECK(seen->is_signed_in);
  CHECK_FALSE(auth::look_at_link(change.t.services, token, std::nullopt, {})->is_signed_in);
  REQUIRE(auth::forgot_password(change.t.services, "ann", {}));
  const auto reset = secret_of(change.t, take_mail(change.t, MailKind::reset_password, kAnn));
  const auto seen_reset = auth::look_at_link(change.t.services, reset, std::nullopt, {});
  REQUIRE(seen_reset);
  CHECK(seen_reset->kind == auth::LinkKind::reset);
  CHECK(seen_reset->account == "ann");
  CHECK(change.follow(token, asking) == "ok");
  // That one went to an address that the account no longer has.
  CHECK(auth::look_at_link(change.t.services, reset, std::nullopt, {}).error().name ==
        "invalid_code");
  CHECK(auth::look_at_link(change.t.services, token, asking, {}).error().name == "invalid_code");
}

TEST_CASE(
    "changes that are asked for again and again wait ever longer: each mails the old address") {
  Change change;
  int mailed = 1;
  for (int minute = 0; minute < 30; ++minute) {
    change.t.clock.advance(1min);
    change.asking = tokens_of(try_login(change.t, "ann"));
    if (change.ask()) ++mailed;
  }
  CHECK(mailed > 3);
  CHECK(mailed < 10);
}
