// Whoever has the password and not the second factor is reported to the owner.
#include "auth/core/limits/factor_warning.h"

#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login.h"
#include "auth/signin/passwordless.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kThief = "203.0.113.7";
constexpr const char* kHome = "192.0.2.1";

// Ann has an app, and a confirmed address.
struct House {
  Instance t;
  tables::User ann = add_user(t, "ann");
  std::optional<SecretKey> app;

  House() {
    confirm(true);
    const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
    const auto setup = auth::begin_totp(t.services, caller);
    REQUIRE(setup);
    app.emplace(base32_decode(setup->secret.reveal()).value());
    REQUIRE(auth::confirm_totp(t.services, caller, OneTimeSecret(code()), {}));
    REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
    t.clock.advance(30s);
    warnings();
  }

  void confirm(bool is_confirmed) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User user = *tables::find_user(tx, ann.id);
      user.email_verified = is_confirmed;
      tables::put_user(tx, user);
      return {};
    }));
  }
  std::string code() { return crypto::totp_code(*app, crypto::totp_step(t.clock.now())); }

  auth::MfaNeeded log_in(const char* address = kThief) {
    auto outcome = try_login(t, "ann", from(address));
    REQUIRE(outcome);
    return std::get<auth::MfaNeeded>(std::move(*outcome));
  }
  // The right password, then so many wrong codes.
  void fail(int times, const char* address = kThief) {
    const auth::MfaNeeded needed = log_in(address);
    for (int i = 0; i < times; ++i) {
      const auto answered =
          auth::answer_challenge(t.services, needed.token, typed("000000"), from(address));
      REQUIRE_FALSE(answered);
      REQUIRE(answered.error().name == "invalid_code");
    }
  }
  // The password and the right code of the moment, of which each is good once.
  void complete(const char* address) {
    t.clock.advance(30s);
    REQUIRE(
        auth::answer_challenge(t.services, log_in(address).token, typed(code()), from(address)));
  }
  // The warnings since the last look.
  size_t warnings() {
    size_t found = 0;
    for (const tables::Mail& mail : mails(t)) {
      if (mail.kind != tables::MailKind::wrong_factors) continue;
      CHECK(mail.to == "ann@example.org");
      CHECK(mail.detail == kThief);
      CHECK(mail.sealed.empty());
      found += 1;
      REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
        tables::outbox.del(tx, mail.id);
        return {};
      }));
    }
    return found;
  }
  size_t counted_rows() {
    size_t rows = 0;
    REQUIRE(t.memory.read([&](store::ReadTxn& tx) -> Result<void> {
      rows = 0;
      tables::attempts.scan(tx, "", "", [&](std::string_view, const tables::Attempts&) {
        rows += 1;
        return true;
      });
      return {};
    }));
    return rows;
  }
};

}  // namespace

TEST_CASE("the owner hears of the third wrong second factor after the right password") {
  House h;
  h.fail(2);
  CHECK(h.warnings() == 0);
  h.fail(1);  // of another login
  CHECK(h.warnings() == 1);
}

TEST_CASE("there is one such mail a day for an account, however long it goes on") {
  House h;
  h.fail(3);
  CHECK(h.warnings() == 1);
  h.fail(2);
  CHECK(h.warnings() == 0);
  h.t.clock.advance(23h);
  h.fail(2);
  CHECK(h.warnings() == 0);
  h.t.clock.advance(1h + 1s);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("after the mail the count begins anew") {
  House h;
  h.fail(3);
  CHECK(h.warnings() == 1);
  h.t.clock.advance(24h + 1s);
  h.fail(2);
  CHECK(h.warnings() == 0);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("no failure without a mail writes more than it counts") {
  House h;
  h.fail(1);
  const size_t rows = h.counted_rows();
  h.fail(1);
  CHECK(h.counted_rows() == rows);
}

TEST_CASE("logins of the owner elsewhere do not hide a thief who tries now and then") {
  House h;
  h.fail(2);
  h.complete(kHome);
  CHECK(h.warnings() == 0);
  h.t.clock.advance(24h);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("somebody in the house of the owner is no different after a while") {
  House h;
  h.fail(2);
  h.t.clock.advance(auth::kCompletedWithin);
  h.complete(kThief);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("whoever mistypes a code and then completes the login is not alarmed") {
  House h;
  for (int week = 0; week < 3; ++week) {
    h.fail(2, kHome);
    h.complete(kHome);
    h.t.clock.advance(24h);
  }
  CHECK(h.warnings() == 0);
  h.fail(2);
  CHECK(h.warnings() == 0);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("a completed login takes back its own wrong codes and no others") {
  House h;
  h.fail(1);
  h.fail(1, kHome);
  h.complete(kHome);
  h.fail(1);
  CHECK(h.warnings() == 0);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("a login without the password takes nothing back") {
  House h;
  h.fail(2);
  const auth::Origin here = from(kThief);
  REQUIRE(auth::send_login_code(h.t.services, "ann@example.org", here));
  const auto mailed =
      secret_of(h.t, take_mail(h.t, tables::MailKind::login_code, "ann@example.org"));
  REQUIRE(auth::log_in_by_code(h.t.services, "ann@example.org", mailed, typed(h.code()), here));
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("a new password begins a new count") {
  House h;
  h.fail(2);
  h.t.clock.advance(1s);
  REQUIRE(auth::set_password(h.t.services, h.ann.id, Password(kPassword), {}));
  h.fail(2);
  CHECK(h.warnings() == 0);
  h.fail(1);
  CHECK(h.warnings() == 1);
}

TEST_CASE("wrong codes are forgotten after a week without another one") {
  House h;
  h.fail(1);
  h.t.clock.advance(auth::kWrongFactorsMemory - 1s);
  h.fail(1);
  h.t.clock.advance(auth::kWrongFactorsMemory);
  h.fail(2);
  CHECK(h.warnings() == 0);
}

TEST_CASE("a code that comes along with the password counts as well") {
  House h;
  const auto try_both = [&](const char* password) {
    CHECK_FALSE(
        auth::log_in(h.t.services, "ann", Password(password), typed("000000"), from(kThief)));
  };
  try_both("wrong password");
  try_both(kPassword);
  try_both(kPassword);
  CHECK(h.warnings() == 0);
  try_both(kPassword);
  CHECK(h.warnings() == 1);
}

TEST_CASE("so does a right one that comes along, for those before it") {
  House h;
  for (int login = 0; login < 3; ++login) {
    h.t.clock.advance(30s);
    const auto try_code = [&](const std::string& code) {
      return auth::log_in(h.t.services, "ann", Password(kPassword), typed(code), from(kHome));
    };
    CHECK_FALSE(try_code("000000"));
    CHECK_FALSE(try_code("000000"));
    CHECK(try_code(h.code()));
  }
  CHECK(h.warnings() == 0);
}

TEST_CASE("an address that nobody has confirmed gets no such mail") {
  House h;
  h.confirm(false);
  h.fail(4);
  CHECK(h.warnings() == 0);
}

TEST_CASE("nobody is told of a password that was not given") {
  House h;
  for (int i = 0; i < 4; ++i) {
    const auth::Origin here = from(kThief);
    h.t.clock.advance(1h);
    REQUIRE(auth::send_login_code(h.t.services, "ann@example.org", here));
    const auto code =
        secret_of(h.t, take_mail(h.t, tables::MailKind::login_code, "ann@example.org"));
    CHECK_FALSE(auth::log_in_by_code(h.t.services, "ann@example.org", code, typed("000000"), here));
  }
  h.fail(2);
  CHECK(h.warnings() == 0);
}
