#include "auth/signin/passwordless.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/session_tokens.h"

#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using tables::MailKind;

namespace {

constexpr const char* kAnn = "ann@example.org";

OneTimeSecret secret(std::string_view text) {
  return OneTimeSecret(std::string(text));
}

std::string other_code(std::string_view code) {
  return code == "000000" ? "000001" : "000000";
}

}  // namespace

TEST_CASE("a magic link logs in the browser that asked, once") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auto binding = auth::send_magic_link(t.services, "ANN@example.org", {});
  REQUIRE(binding);
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::magic_link, kAnn));
  const auto use = [&](const OneTimeSecret& browser) {
    return auth::log_in_by_link(t.services, token, browser, {});
  };
  auto stranger = auth::send_magic_link(t.services, "nobody@example.org", {});
  REQUIRE(stranger);
  CHECK(use(*stranger).error().name == "invalid_code");
  CHECK(use(secret("")).error().name == "invalid_code");
  const auth::Tokens tokens = tokens_of(use(*binding));
  CHECK(caller_of(t, tokens).claims()->amr == std::vector<std::string>{"otp"});
  CHECK(auth::view_account(t.services, ann.id)->user.email_verified);
  CHECK_FALSE(use(*binding));
}

TEST_CASE("who made the account with an unproved address has no way in after its owner proves it") {
  Instance t;
  add_user(t, "ann");
  const auth::Tokens squatter = tokens_of(try_login(t, "ann"));
  auto binding = auth::send_magic_link(t.services, kAnn, {});
  REQUIRE(binding);
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::magic_link, kAnn));
  const auth::Tokens owner = tokens_of(auth::log_in_by_link(t.services, token, *binding, {}));
  CHECK(test::is_alive(t, owner));
  CHECK_FALSE(test::is_alive(t, squatter));
  CHECK_FALSE(try_login(t, "ann"));
}

TEST_CASE("a magic link dies of time and of a new password") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auto binding = auth::send_magic_link(t.services, kAnn, {});
  REQUIRE(binding);
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::magic_link, kAnn));
  SECTION("time") {
    t.clock.advance(auth::kMagicLinkLife);
  }
  SECTION("a new password") {
    REQUIRE(auth::set_password(t.services, ann.id, Password("another password"), {}));
  }
  CHECK_FALSE(auth::log_in_by_link(t.services, token, *binding, {}));
}

TEST_CASE("a mailed code logs in once") {
  Instance t;
  add_user(t, "ann");
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  const auto use = [&](std::string_view text) {
    return auth::log_in_by_code(t.services, kAnn, secret(text), std::nullopt, {});
  };
  CHECK(use(other_code(code.reveal())).error().name == "invalid_code");
  tokens_of(use(code.reveal()));
  CHECK_FALSE(use(code.reveal()));
}

TEST_CASE("a mailed code is gone after five tries and after ten minutes") {
  Instance t;
  add_user(t, "ann");
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  SECTION("tries") {
    for (uint64_t i = 0; i < auth::kCodeTries; ++i) {
      const std::string wrong = other_code(code.reveal());
      CHECK_FALSE(auth::log_in_by_code(t.services, kAnn, secret(wrong), std::nullopt, {}));
    }
  }
  SECTION("time") {
    t.clock.advance(auth::kCodeLife);
  }
  CHECK_FALSE(auth::log_in_by_code(t.services, kAnn, code, std::nullopt, {}));
}

TEST_CASE("one code is alive at a time, and the next mail comes after a pause, for anybody") {
  Instance t;
  add_user(t, "ann");
  for (const char* email : {kAnn, "nobody@example.org"}) {
    CAPTURE(email);
    REQUIRE(auth::send_login_code(t.services, email, {}));
    const auto hasty = auth::send_login_code(t.services, email, {});
    REQUIRE_FALSE(hasty);
    CHECK(hasty.error().code == ErrorCode::rate_limited);
    CHECK(hasty.error().retry_after_s == 60);
  }
  const OneTimeSecret first = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  t.clock.advance(auth::kResendPause);
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const OneTimeSecret second = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  CHECK(first.reveal() == second.reveal());
  tokens_of(auth::log_in_by_code(t.services, kAnn, first, std::nullopt, {}));
  CHECK_FALSE(auth::log_in_by_code(t.services, kAnn, second, std::nullopt, {}));
}

TEST_CASE("a code that is asked for again is the same one, with growing pauses, and not for ever") {
  Instance t;
  add_user(t, "ann");
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  for (const Seconds pause : {60s, 120s, 240s}) {
    CHECK(auth::send_login_code(t.services, kAnn, {}).error().retry_after_s == pause.count());
    t.clock.advance(pause);
    REQUIRE(auth::send_login_code(t.services, kAnn, {}));
    const OneTimeSecret mailed = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
    CHECK(mailed.reveal() == code.reveal());
  }
  SECTION("and the last mail is good for as long as it says") {
    t.clock.advance(auth::kCodeLife - 1s);
    tokens_of(auth::log_in_by_code(t.services, kAnn, code, std::nullopt, {}));
    // A login ends the pauses.
    REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  }
  SECTION("but no code is mailed for ever") {
    t.clock.advance(480s);
    REQUIRE(auth::send_login_code(t.services, kAnn, {}));
    const auto next = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
    CHECK(next.reveal() != code.reveal());
    CHECK_FALSE(auth::log_in_by_code(t.services, kAnn, code, std::nullopt, {}));
    tokens_of(auth::log_in_by_code(t.services, kAnn, next, std::nullopt, {}));
  }
}

TEST_CASE("a code works only where it was asked for, so strangers' tries cost its owner nothing") {
  Instance t;
  add_user(t, "ann");
  auth::Origin owner = from("192.0.2.1");
  auth::Origin stranger = from("192.0.2.2");
  SECTION("in browsers, also of one network") {
    owner.asker = auth::make_asker(t.services);
    stranger = owner;
    stranger.asker = auth::make_asker(t.services);
    // It has asked as well, so that it has a code of its own.
    REQUIRE(auth::send_login_code(t.services, kAnn, stranger));
    take_mail(t, MailKind::login_code, kAnn);
    t.clock.advance(auth::kResendPause);
  }
  SECTION("in clients without a cookie, by their network") {}
  REQUIRE(auth::send_login_code(t.services, kAnn, owner));
  const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  const auto use = [&](const auth::Origin& origin, std::string_view text) {
    return auth::log_in_by_code(t.services, kAnn, secret(text), std::nullopt, origin);
  };
  for (uint64_t i = 0; i < auth::kCodeTries; ++i)
    CHECK_FALSE(use(stranger, other_code(code.reveal())));
  t.clock.advance(2s);
  CHECK(use(stranger, code.reveal()).error().name == "invalid_code");
  t.clock.advance(2s);
  const std::string typed =
      std::string(code.reveal().substr(0, 3)) + " " + std::string(code.reveal().substr(3));
  tokens_of(use(owner, typed));
  CHECK_FALSE(use(owner, code.reveal()));
}

TEST_CASE("a browser that has changed its network may use its code, and one that lost its cookie") {
  Instance t;
  add_user(t, "ann");
  auth::Origin browser = from("192.0.2.1");
  browser.asker = auth::make_asker(t.services);
  REQUIRE(auth::send_login_code(t.services, kAnn, browser));
  const OneTimeSecret code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  SECTION("another network") {
    browser.address = *IpAddress::parse("2001:db8::1");
  }
  SECTION("no cookie") {
    browser.asker.clear();
  }
  tokens_of(auth::log_in_by_code(t.services, kAnn, code, std::nullopt, browser));
}

TEST_CASE(
    "another mail with a code gives no more tries of it, and after those there is a new one") {
  Instance t;
  add_user(t, "ann");
  const auto ask = [&] {
    t.clock.advance(2 * auth::kResendPause);
    REQUIRE(auth::send_login_code(t.services, kAnn, {}));
    return secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  };
  const OneTimeSecret code = ask();
  const auto use = [&](std::string_view text) {
    return auth::log_in_by_code(t.services, kAnn, secret(text), std::nullopt, {});
  };
  for (uint64_t i = 1; i < auth::kCodeTries; ++i)
    CHECK_FALSE(use(other_code(code.reveal())));
  CHECK(ask().reveal() == code.reveal());
  CHECK_FALSE(use(other_code(code.reveal())));
  CHECK_FALSE(use(code.reveal()));
  const OneTimeSecret next = ask();
  CHECK(next.reveal() != code.reveal());
  tokens_of(use(next.reveal()));
}

TEST_CASE("a code from before a logout everywhere is not mailed again") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const auto code = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  REQUIRE(auth::end_all_sessions(t.services, ann, {}));
  t.clock.advance(auth::kResendPause);
  REQUIRE(auth::send_login_code(t.services, kAnn, {}));
  const auto next = secret_of(t, take_mail(t, MailKind::login_code, kAnn));
  CHECK(next.reveal() != code.reveal());
  tokens_of(auth::log_in_by_code(t.services, kAnn, next, std::nullopt, {}));
}

TEST_CASE("a code for an address without an account opens nothing") {
  Instance t;
  REQUIRE(auth::send_login_code(t.services, "nobody@example.org", {}));
  const std::vector<tables::Mail> all = mails(t);
  REQUIRE(all.size() == 1);
  CHECK(all[0].kind == MailKind::nobody);
  const OneTimeSecret code = secret_of(t, all[0]);
  CHECK(
      auth::log_in_by_code(t.services, "nobody@example.org", code, std::nullopt, {}).error().name ==
      "invalid_code");
}
