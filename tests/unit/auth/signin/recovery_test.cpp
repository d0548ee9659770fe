#include "auth/signin/recovery.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/session_tokens.h"

#include "auth/accounts/changes/email_change.h"

#include "auth/sessions/step_up.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using tables::MailKind;

namespace {

constexpr const char* kAnn = "ann@example.org";

OneTimeSecret again(const OneTimeSecret& secret) {
  return OneTimeSecret(std::string(secret.reveal()));
}

size_t rows_of_tokens(Instance& t) {
  size_t count = 0;
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    tables::one_time_tokens.scan(tx, "", "", [&](std::string_view, const tables::OneTimeToken&) {
      count += 1;
      return true;
    });
    return {};
  }));
  return count;
}

}  // namespace

TEST_CASE("a lost password is replaced by the mailed link, once, and everything else ends") {
  Instance t;
  add_user(t, "ann");
  const auth::Tokens before = tokens_of(try_login(t, "ann"));
  REQUIRE(auth::forgot_password(t.services, "ANN", {}));
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::reset_password, kAnn));
  CHECK(auth::reset_password(t.services, token, Password("short"), {}).error().field ==
        "new_password");
  REQUIRE(auth::reset_password(t.services, token, Password("another password"), {}));
  CHECK_FALSE(is_alive(t, before));
  CHECK_FALSE(try_login(t, "ann"));
  CHECK(try_login(t, "ann", {}, "another password"));
  take_mail(t, MailKind::password_changed, kAnn);
  CHECK(auth::reset_password(t.services, token, Password("a third password"), {}).error().name ==
        "invalid_code");
}

TEST_CASE("a reset link dies of time and of whatever ends the sessions") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  REQUIRE(auth::forgot_password(t.services, kAnn, {}));
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::reset_password, kAnn));
  SECTION("time") {
    t.clock.advance(auth::kResetLife);
  }
  SECTION("a new password") {
    REQUIRE(auth::set_password(t.services, ann.id, Password("another password"), {}));
  }
  SECTION("a disabled account") {
    REQUIRE(auth::set_disabled(t.services, ann.id, true, {}));
  }
  SECTION("a deleted account") {
    REQUIRE(auth::delete_account(t.services, ann.id, {}));
  }
  CHECK(auth::reset_password(t.services, token, Password("a third password"), {}).error().name ==
        "invalid_code");
}

TEST_CASE("a token is good for its purpose alone") {
  Instance t;
  add_user(t, "ann");
  REQUIRE(auth::forgot_password(t.services, kAnn, {}));
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::reset_password, kAnn));
  CHECK(auth::verify_email(t.services, token, {}, {}).error().name == "invalid_code");
  CHECK(auth::confirm_email_change(t.services, token, std::nullopt, {}).error().name ==
        "invalid_code");
  CHECK(auth::reset_password(t.services, token, Password("another password"), {}));
}

TEST_CASE("asking for an unknown account does the same work and mails nobody") {
  Instance t;
  add_user(t, "ann");
  const auto asked = [&](auto ask) {
    const size_t tokens = rows_of_tokens(t);
    const size_t outbox = mails(t).size();
    REQUIRE(ask());
    return std::pair(rows_of_tokens(t) - tokens, mails(t).size() - outbox);
  };
  using auth::forgot_password, auth::send_verification;
  CHECK(asked([&] { return forgot_password(t.services, kAnn, {}); }) ==
        asked([&] { return forgot_password(t.services, "nobody@example.org", {}); }));
  CHECK(asked([&] { return send_verification(t.services, kAnn, {}); }) ==
        asked([&] { return send_verification(t.services, "nobody@example.org", {}); }));
  for (const tables::Mail& mail : mails(t))
    CHECK((mail.to == kAnn) == (mail.kind != MailKind::nobody));
}

TEST_CASE("an email is confirmed by the link to it, and not by a link to the one before") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  CHECK_FALSE(ann.email_verified);
  REQUIRE(auth::send_verification(t.services, kAnn, {}));
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::verify_email, kAnn));
  SECTION("once") {
    const Password password(kPassword);
    CHECK(auth::confirm_any_email(t.services, token, {std::nullopt, &password}, {})
              ->user.email_verified);
    CHECK_FALSE(auth::confirm_any_email(t.services, token, {}, {}));
    // Nothing is left to confirm.
    const size_t before = mails(t).size();
    REQUIRE(auth::send_verification(t.services, kAnn, {}));
    CHECK(mails(t).size() == before + 1);
    CHECK(mails(t).back().kind == MailKind::nobody);
  }
  SECTION("changed meanwhile") {
    auth::ProfileChange change;
    change.email = "other@example.org";
    REQUIRE(auth::change_profile(t.services, ann.id, change, {}));
    CHECK_FALSE(auth::verify_email(t.services, token, {}, {}));
  }
}

TEST_CASE("an email changes when the new one is confirmed; the old one is told") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auth::Tokens here = tokens_of(try_login(t, "ann"));
  const auth::Tokens there = tokens_of(try_login(t, "ann"));
  const auth::Person caller = caller_of(t, here);
  REQUIRE(auth::begin_email_change(t.services, caller, "new@example.org", {}));
  CHECK(auth::view_account(t.services, ann.id)->user.email == kAnn);
  const tables::Mail mail = take_mail(t, MailKind::confirm_new_email, "new@example.org");
  CHECK(mail.account == "ann");
  const OneTimeSecret token = secret_of(t, mail);
  const auth::Follower me{caller.session().id};
  SECTION("it is done by the link") {
    const auto view = auth::confirm_any_email(t.services, token, me, {});
    REQUIRE(view);
    CHECK(view->user.email == "new@example.org");
    CHECK(view->user.email_verified);
    CHECK(take_mail(t, MailKind::email_changed, kAnn).detail == "new@example.org");
    CHECK(is_alive(t, here));
    CHECK_FALSE(is_alive(t, there));
    CHECK_FALSE(auth::confirm_any_email(t.services, again(token), me, {}));
  }
  SECTION("unless somebody took the address meanwhile") {
    auth::NewAccount account;
    account.email = "new@example.org";
    account.password = Password(kPassword);
    REQUIRE(auth::create_account(t.services, account, {}));
    CHECK(auth::confirm_email_change(t.services, token, me.session, {}).error().name ==
          "email_taken");
  }
}

TEST_CASE("an address of somebody else is not told to the asker, but to its owner") {
  Instance t;
  add_user(t, "ann");
  add_user(t, "bob");
  const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
  REQUIRE(auth::begin_email_change(t.services, caller, "bob@example.org", {}));
  take_mail(t, MailKind::account_exists, "bob@example.org");
  // The asker's own address is told of every change that is asked for.
  CHECK(take_mail(t, MailKind::email_change_asked, kAnn).detail == "bob@example.org");
  CHECK(mails(t).empty());
}

TEST_CASE("an old proof is not enough to change the email") {
  Instance t;
  add_user(t, "ann");
  const auth::Tokens tokens = tokens_of(try_login(t, "ann"));
  t.clock.advance(auth::kFreshProof - 1s);
  CHECK(auth::begin_email_change(t.services, caller_of(t, tokens), "new@example.org", {}));
  const auto again =
      auth::begin_email_change(t.services, caller_of(t, tokens), "a@example.org", {});
  CHECK(again.error().code == ErrorCode::rate_limited);
  CHECK(again.error().retry_after_s == 60);
  t.clock.advance(1s);
  const auth::Tokens renewed = *auth::refresh(t.services, tokens.refresh, {});
  CHECK(auth::begin_email_change(t.services, caller_of(t, renewed), "new@example.org", {})
            .error()
            .name == "reauthentication_required");
}

TEST_CASE("where a confirmed email is required, sign-up gives no session and tells nothing") {
  config::Config config = Instance::default_config();
  config.signup.require_verified_email = true;
  Instance t(config);
  const auto sign_up = [&](const std::string& name, const std::string& email) {
    auth::NewAccount account;
    account.username = name;
    account.email = email;
    account.password = Password(kPassword);
    return auth::sign_up(t.services, account, {});
  };
  const auto made = sign_up("ann", kAnn);
  REQUIRE(made);
  CHECK_FALSE(*made);
  CHECK(sign_up("bob", "").error().field == "email");
  CHECK(try_login(t, "ann").error().name == "invalid_credentials");
  const OneTimeSecret token = secret_of(t, take_mail(t, MailKind::verify_email, kAnn));
  REQUIRE(auth::verify_email(t.services, token, {}, {}));
  tokens_of(try_login(t, "ann"));
  const auto second = sign_up("eve", kAnn);
  REQUIRE(second);
  CHECK_FALSE(*second);
  take_mail(t, MailKind::account_exists, kAnn);
  CHECK_FALSE(try_login(t, "eve"));
  // The name is gone, as if there were an account, so that nobody learns which it was.
  CHECK(sign_up("eve", "eve@example.org").error().name == "username_taken");
}
