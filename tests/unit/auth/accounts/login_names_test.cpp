#include "auth/accounts/names/login_names.h"

#include <catch2/catch.hpp>

#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/step_up.h"
#include "auth/signin/reauthentication.h"
#include "auth/signin/recovery.h"
#include "support/people.h"
#include "support/refusal.h"
#include "tables/identities.h"
#include "tables/mail_detail.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using tables::MailKind;

namespace {

constexpr const char* kAnn = "ann@example.org";

struct World {
  explicit World(const config::Config& config = Instance::default_config()) : t(config) {
    t.config.tokens.access_ttl = std::chrono::hours(1);  // longer than a proof is fresh
    ann = add_user(t, "ann");
    change_row([](tables::User& user) { user.email_verified = true; });
    tokens.emplace(tokens_of(try_login(t, "ann")));
  }

  void change_row(const std::function<void(tables::User&)>& change) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User user = tables::find_user(tx, ann.id).value();
      change(user);
      tables::put_user(tx, user);
      return {};
    }));
  }

  tables::User row() { return auth::view_account(t.services, ann.id)->user; }

  std::string change(std::optional<std::string> username, std::optional<std::string> email = {}) {
    auth::ProfileChange change;
    change.username = std::move(username);
    change.email = std::move(email);
    return name_of(auth::change_own_profile(t.services, caller_of(t, *tokens), change, {}));
  }

  std::string change_by_admin(std::optional<std::string> email) {
    auth::ProfileChange change;
    change.email = std::move(email);
    return name_of(auth::change_profile(t.services, ann.id, change, {}));
  }

  Instance t;
  tables::User ann;
  std::optional<auth::Tokens> tokens;
};

}  // namespace

TEST_CASE("another username, or no email, needs a fresh proof") {
  World w;
  w.t.clock.advance(auth::kFreshProof);
  CHECK(w.change("ann9") == "reauthentication_required");
  CHECK(w.change("") == "reauthentication_required");
  CHECK(w.change("ANN") == "reauthentication_required");
  CHECK(w.change({}, "") == "reauthentication_required");
  CHECK(w.change("ann9", "") == "reauthentication_required");
  CHECK(w.row().username == "ann");
  CHECK(w.row().email == "ann@example.org");
  CHECK(mails(w.t).empty());
  // What is there already is no change.
  CHECK(w.change("ann", "ann@example.org") == "ok");
  auth::ProfileChange names;
  names.first_name = "Ann";
  CHECK(auth::change_own_profile(w.t.services, caller_of(w.t, *w.tokens), names, {}));
  CHECK(mails(w.t).empty());
  REQUIRE(
      auth::reauthenticate(w.t.services, caller_of(w.t, *w.tokens), Password(kPassword), {}, {}));
  CHECK(w.change("ann9") == "ok");
}

TEST_CASE("somebody without an email cannot take one name after another") {
  World world;
  world.change_row([](tables::User& user) { user.email.clear(); });
  const std::vector<std::string> said = {world.change("one"), world.change("two"),
                                         world.change("three"), world.change("four")};
  CHECK(said == std::vector<std::string>{"ok", "ok", "ok", ""});  // a 429 has no name
}

TEST_CASE("another phone number needs a fresh proof too, and is told") {
  World w;
  const auto change = [&](const char* number, std::optional<std::string> username = {}) {
    auth::ProfileChange wanted;
    wanted.username = std::move(username);
    wanted.phone_number = number;
    return name_of(auth::change_own_profile(w.t.services, caller_of(w.t, *w.tokens), wanted, {}));
  };
  const auto told = [&] { return take_mail(w.t, MailKind::factors_changed, kAnn).detail; };
  CHECK(change("+49 30 123456") == "ok");
  CHECK(told() == "phone_added");
  w.t.clock.advance(auth::kFreshProof);
  CHECK(change("+49 30 654321") == "reauthentication_required");
  CHECK(change("") == "reauthentication_required");
  CHECK(change("+49 (30) 123456") == "ok");  // the same number
  CHECK(mails(w.t).empty());
  REQUIRE(
      auth::reauthenticate(w.t.services, caller_of(w.t, *w.tokens), Password(kPassword), {}, {}));
  CHECK(change("+49 30 654321", "ann9") == "ok");
  CHECK(told() == tables::detail_of({{"username_changed", {{"before", "ann"}, {"after", "ann9"}}},
                                     {"phone_changed"}}));
  w.t.clock.advance(std::chrono::minutes(10));
  CHECK(change("") == "ok");
  CHECK(told() == "phone_removed");
}

TEST_CASE("another email by an administrator ends every session") {
  World w;
  w.change_by_admin("Ann@example.org");
  CHECK(is_alive(w.t, *w.tokens));
  w.change_by_admin("new@example.org");
  CHECK_FALSE(is_alive(w.t, *w.tokens));
  CHECK(take_mail(w.t, MailKind::email_changed, "Ann@example.org").detail == "new@example.org");
  CHECK(w.row().email == "new@example.org");
}

TEST_CASE("the owner is told of another username, at the address that was there") {
  World w;
  CHECK(w.change("ann9") == "ok");
  CHECK(take_mail(w.t, MailKind::factors_changed, "ann@example.org").detail ==
        tables::detail_of({{"username_changed", {{"before", "ann"}, {"after", "ann9"}}}}));
  CHECK(w.change("") == "ok");
  CHECK(take_mail(w.t, MailKind::factors_changed, "ann@example.org").detail ==
        tables::detail_of({{"username_removed", {{"before", "ann9"}}}}));
  // Whoever signed up with a foreign address does not flood it.
  CHECK(w.change("ann10") == "ok");
  CHECK(w.change("ann11") == "");  // rate_limited
  CHECK(w.row().username == "ann10");
  w.t.clock.advance(std::chrono::minutes(1));
  CHECK(w.change("ann11") == "ok");
}

TEST_CASE("the address that goes is told, and the other sessions end") {
  World w;
  const auth::Tokens other = tokens_of(try_login(w.t, "ann"));
  CHECK(w.change({}, "") == "ok");
  CHECK(w.row().email.empty());
  CHECK_FALSE(w.row().email_verified);
  CHECK(take_mail(w.t, MailKind::email_changed, "ann@example.org").detail.empty());
  CHECK(is_alive(w.t, *w.tokens));
  CHECK_FALSE(is_alive(w.t, other));
  // Nothing is left to remove, so nothing is told.
  CHECK(w.change({}, "") == "ok");
  CHECK(mails(w.t).empty());
}

TEST_CASE("username and email in one change: both are told at the old address") {
  World w;
  w.change_row([](tables::User& user) { user.first_name = "Ann"; });
  CHECK(w.change("vic9", "") == "ok");
  take_mail(w.t, MailKind::factors_changed, "ann@example.org");
  take_mail(w.t, MailKind::email_changed, "ann@example.org");
}

TEST_CASE("an email that is needed is not removed") {
  config::Config config = Instance::default_config();
  SECTION("for the code") {
    World w(config);
    w.t.config.mfa.email_otp = config::EmailOtp::required;
    CHECK(w.change({}, "") == "email_needed");
    CHECK(w.change_by_admin("") == "email_needed");
    w.t.config.mfa.email_otp = config::EmailOtp::off;
    CHECK(w.change({}, "") == "ok");
  }
  SECTION("for the login") {
    World w(config);
    w.t.config.signup.require_verified_email = true;
    CHECK(w.change({}, "") == "email_needed");
    CHECK(w.change_by_admin("") == "email_needed");
  }
  SECTION("as the only way in") {
    World w(config);
    w.change_row([](tables::User& user) { user.password_hash.clear(); });
    CHECK(w.change({}, "") == "email_needed");
    CHECK(w.row().email == "ann@example.org");
  }
  SECTION("where a provider that is no longer there would be the other way in") {
    World w(config);
    w.change_row([](tables::User& user) { user.password_hash.clear(); });
    REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::Identity identity;
      identity.provider = "gone";
      identity.subject = "s";
      identity.user = w.ann.id;
      tables::put_identity(tx, identity);
      return {};
    }));
    CHECK(w.change({}, "") == "email_needed");
  }
  SECTION("before it was ever confirmed") {
    World w(config);
    w.change_row([](tables::User& user) {
      user.awaits_email = true;
      user.email_verified = false;
    });
    CHECK(w.change({}, "") == "email_needed");
  }
  SECTION("and it is the only name") {
    World w(config);
    w.change_row([](tables::User& user) { user.username.clear(); });
    auth::ProfileChange change;
    change.email = "";
    const auto refused =
        auth::change_own_profile(w.t.services, caller_of(w.t, *w.tokens), change, {});
    CHECK(refused.error().field == "email");
  }
}

TEST_CASE("an account whose email was waited for, and came, lets its owner in without it") {
  World w;
  w.change_row([](tables::User& user) { user.awaits_email = true; });
  CHECK(w.change({}, "") == "ok");
  CHECK(try_login(w.t, "ann"));
}

TEST_CASE("what an administrator changes is told too") {
  World w;
  CHECK(w.change_by_admin("ann@new.example") == "ok");
  CHECK(take_mail(w.t, MailKind::email_changed, "ann@example.org").detail == "ann@new.example");
}

TEST_CASE("credentials: another username needs the password or a fresh proof") {
  World w;
  w.t.clock.advance(auth::kFreshProof);
  auth::CredentialChange change;
  const auto act = [&] {
    return name_of(auth::change_credentials(w.t.services, caller_of(w.t, *w.tokens), change, {}));
  };
  change.username = "ann";
  CHECK(act() == "ok");  // is no change
  change.username = "ann9";
  CHECK(act() == "reauthentication_required");
  change.current_password.emplace(std::string("wrong password"));
  CHECK(act() == "wrong_password");
  CHECK(w.row().username == "ann");
  change.current_password.emplace(std::string(kPassword));
  CHECK(act() == "ok");
  CHECK(w.row().username == "ann9");
  take_mail(w.t, MailKind::factors_changed, "ann@example.org");
  CHECK(is_alive(w.t, *w.tokens));
}

TEST_CASE("a factor that is required and cannot be had lets nobody in") {
  World w;
  CHECK(w.change({}, "") == "ok");
  w.t.config.mfa.email_otp = config::EmailOtp::required;
  const auto refused = try_login(w.t, "ann");
  CHECK(name_of(refused) == "second_factor_missing");
  CHECK(refused.error().code == ErrorCode::forbidden);
  CHECK(name_of(try_login(w.t, "ann", {}, "wrong password")) == "invalid_credentials");
  CHECK(name_of(auth::authenticate_password(w.t.services, "ann", Password(kPassword), {},
                                            nullptr)) == "second_factor_missing");
}

TEST_CASE("the only factor where one is required is not removed") {
  World w;
  const auth::Person caller = caller_of(w.t, *w.tokens);
  const auto setup = auth::begin_totp(w.t.services, caller);
  REQUIRE(setup);
  w.change_row([](tables::User& user) { user.email.clear(); });
  w.t.config.mfa.email_otp = config::EmailOtp::required;
  REQUIRE(w.t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Factors factors = tables::factors.find(tx, tables::big_endian(w.ann.id.value)).value();
    factors.totp = factors.totp_candidate;
    tables::factors.put(tx, tables::big_endian(w.ann.id.value), factors);
    return {};
  }));
  w.change_row([](tables::User& user) { user.mfa_enabled = true; });
  CHECK(name_of(auth::remove_factor(w.t.services, caller, auth::Method::totp, {})) ==
        "last_factor");
  w.t.config.mfa.email_otp = config::EmailOtp::off;
  CHECK(name_of(auth::remove_factor(w.t.services, caller, auth::Method::totp, {})) == "ok");
}
