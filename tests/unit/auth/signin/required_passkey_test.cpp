#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/sessions/roles.h"
#include "auth/signin/basic_login.h"
#include "auth/signin/reauthentication.h"
#include "support/passkey_world.h"
#include "tables/sessions.h"

using namespace authd;
using namespace authd::auth;

namespace {

config::Config with_required(const std::string& role) {
  config::Config config = test::passkey_config();
  config.passkeys.required_for = {role};
  return config;
}

}  // namespace

TEST_CASE("the roles of passkeys.required_for sign in with a passkey") {
  config::Config config = test::passkey_config();
  config.passkeys.required_for = {"admin"};
  test::PasskeyWorld w(config);
  test::add_user(w.t, "ann");
  REQUIRE(test::try_login(w.t, "ann"));
  REQUIRE(grant_role(w.t.services, w.user("ann").id, "admin", {}));
  CHECK(test::try_login(w.t, "ann").error().name == "passkey_required");
  CHECK(test::try_login(w.t, "ann", {}, "wrong password").error().name == "invalid_credentials");
  Trace trace;
  CHECK(authenticate_password(w.t.services, "ann", Password(test::kPassword), {}, &trace)
            .error()
            .name == "passkey_required");

  const auto link = w.link("ann");
  REQUIRE(link);
  const auto tokens = w.try_enroll(link->token, 1);
  REQUIRE(tokens);
  const auto outcome = test::try_login(w.t, "ann");
  REQUIRE(outcome);
  const auto* needed = std::get_if<MfaNeeded>(&*outcome);
  REQUIRE(needed != nullptr);
  CHECK(needed->methods == Methods{Method::passkey, Method::recovery_code});
  // A recovery code stands in, and no other one.
  const Person caller = test::caller_of(w.t, *tokens);
  const auto code = [&](std::string_view text) {
    return CodeAnswer{OneTimeSecret(std::string(text))};
  };
  CHECK(answer_challenge(w.t.services, needed->token, code("123456"), {}).error().name ==
        "invalid_code");
  CHECK(
      answer_challenge(w.t.services, needed->token, code(tokens->recovery_codes[0].reveal()), {}));
  const auto all = list_passkeys(w.t.services, caller.user().id);
  REQUIRE(all);
  CHECK(remove_passkey(w.t.services, caller, all->front().id_hash, {}).error().name ==
        "last_passkey");
}

TEST_CASE("who must have a passkey cannot sign up with a password") {
  config::Config config = test::passkey_config();
  config.passkeys.required_for = {"user"};
  test::PasskeyWorld w(config);
  NewAccount account;
  account.username = "ann";
  account.password = Password(std::string(test::kPassword));
  CHECK(auth::sign_up(w.t.services, account, {}).error().name == "passkey_required");
  CHECK_FALSE(find_account(w.t.services, "ann"));
  w.sign_up("ann", 1);
}

TEST_CASE("neither does that tell which addresses have accounts") {
  config::Config config = with_required("user");
  config.signup.require_verified_email = true;
  test::PasskeyWorld w(config);
  test::add_user(w.t, "taken");
  for (const char* email : {"free@example.org", "taken@example.org"}) {
    NewAccount account;
    account.username = "ann";
    account.email = email;
    account.password = Password(std::string(test::kPassword));
    CHECK(auth::sign_up(w.t.services, account, {}).error().name == "passkey_required");
  }
}

TEST_CASE("neither a mailbox nor a code alone makes a passkey for a role that needs one") {
  test::PasskeyWorld w(with_required("admin"));
  test::add_user(w.t, "ann");
  w.prove_address("ann");
  REQUIRE(grant_role(w.t.services, w.user("ann").id, "admin", {}));
  const OneTimeSecret token = w.mailed_link("ann", tables::MailKind::reset_password);
  const auto seen = look_at_link(w.t.services, token, std::nullopt, {});
  REQUIRE(seen);
  CHECK_FALSE(seen->makes_passkey);
  CHECK(w.try_enroll(token, 1).error().name == "invalid_code");

  const auto link = w.link("ann");
  REQUIRE(link);
  const auto made = w.try_enroll(link->token, 1);
  REQUIRE(made);
  const OneTimeSecret again = w.mailed_link("ann", tables::MailKind::reset_password);
  CHECK(w.try_enroll(again, 2).error().name == "invalid_code");
  // The code stands beside the password.
  CHECK(recover_by_code(w.t.services, "ann", made->recovery_codes[0], {}).error().name ==
        "invalid_code");
}

TEST_CASE("an owner who takes over an account that needs a passkey gets one") {
  test::PasskeyWorld w(with_required("user"));
  w.sign_up("ann", 1);  // by a stranger, or by an owner who has lost it
  const OneTimeSecret token = w.mailed_link("ann", tables::MailKind::new_passkey);
  const auto owner = w.try_enroll(token, 2);
  REQUIRE(owner);
  CHECK(w.passkeys_of("ann") == 1);
  CHECK(w.log_in(2, w.user("ann").passkey_handle, 1));
}

TEST_CASE(
    "an account that needs a passkey is not taken over with a password, which would let nobody "
    "in") {
  test::PasskeyWorld w(with_required("user"));
  const Tokens tokens = w.sign_up("ann", 1);  // by a stranger
  REQUIRE(change_credentials(w.t.services, test::caller_of(w.t, tokens),
                             {{}, Password("a strange horse 1"), {}}, {}));
  const OneTimeSecret token = w.mailed_link("ann", tables::MailKind::new_passkey);
  const auto seen = look_at_link(w.t.services, token, std::nullopt, {});
  REQUIRE(seen);
  CHECK(seen->kind == LinkKind::reset);
  CHECK(seen->makes_passkey);
  CHECK_FALSE(seen->sets_password);
  CHECK(reset_password(w.t.services, token, Password("another horse 1"), {}).error().name ==
        "invalid_code");
  REQUIRE(w.try_enroll(token, 2));
  CHECK(w.user("ann").password_hash.empty());
  CHECK(w.log_in(2, w.user("ann").passkey_handle, 1));
}

TEST_CASE("a mailed link does not end passkeys that the account cannot do without") {
  test::PasskeyWorld w(with_required("admin"));
  test::add_user(w.t, "ann");  // by an operator, who has not confirmed the address
  REQUIRE(grant_role(w.t.services, w.user("ann").id, "admin", {}));
  REQUIRE(w.try_enroll(w.link("ann").value().token, 1));
  REQUIRE(forgot_password(w.t.services, "ann", {}));
  CHECK(test::take_mail(w.t, tables::MailKind::no_new_password, "ann@example.org").detail ==
        "by admin");
  CHECK(w.passkeys_of("ann") == 1);
}

TEST_CASE("whoever has an app and no passkey yet can still prove enough to make one") {
  test::PasskeyWorld w(with_required("admin"));
  test::add_user(w.t, "ann");
  const Tokens tokens = test::tokens_of(test::try_login(w.t, "ann"));
  w.add_app(test::caller_of(w.t, tokens));
  REQUIRE(grant_role(w.t.services, w.user("ann").id, "admin", {}));
  const Person caller = test::caller_of(w.t, tokens);
  REQUIRE(reauthenticate(w.t.services, caller, Password(""), CodeAnswer{w.app_code()}, {}));
  const Person proved = test::caller_of(w.t, tokens);
  const auto start = begin_passkey(w.t.services, proved);
  REQUIRE(start);
  REQUIRE(add_passkey(w.t.services, proved, {test::made_passkey(start->challenge, 1)}, {}));
  // Now nothing else will do.
  CHECK(reauthenticate(w.t.services, proved, Password(""), CodeAnswer{w.app_code()}, {})
            .error()
            .name == "wrong_credentials");
  // Without the app, the passkey is still required.
  REQUIRE(remove_factor(w.t.services, proved, Method::totp, {}));
}

TEST_CASE("a recovery code of an app does not replace a passkey that there never was") {
  test::PasskeyWorld w(with_required("admin"));
  test::add_user(w.t, "ann");
  const auto codes = w.add_app(test::caller_of(w.t, test::tokens_of(test::try_login(w.t, "ann"))));
  const auto outcome = test::try_login(w.t, "ann");
  REQUIRE(outcome);
  const auto& needed = std::get<MfaNeeded>(*outcome);
  REQUIRE(grant_role(w.t.services, w.user("ann").id, "admin", {}));
  const FactorAnswer code = CodeAnswer{OneTimeSecret(std::string(codes[0].reveal()))};
  CHECK_FALSE(answer_challenge(w.t.services, needed.token, code, {}));
}

TEST_CASE("after a proof by a code, a session is no longer that of a passkey") {
  test::PasskeyWorld w;
  const Tokens tokens = w.sign_up("ann", 1);
  w.add_app(test::caller_of(w.t, tokens));
  const Person caller = test::caller_of(w.t, tokens);
  CHECK(is_passkey_login(caller.session().amr));
  REQUIRE(reauthenticate(w.t.services, caller, Password(""), CodeAnswer{w.app_code()}, {}));
  CHECK(test::caller_of(w.t, tokens).session().amr ==
        std::vector<std::string>{"hwk", "mfa", "otp"});
}

TEST_CASE("a mailed code that nothing takes is not mailed") {
  config::Config config = with_required("user");
  config.mfa.email_otp = config::EmailOtp::required;
  test::PasskeyWorld w(config);
  test::add_user(w.t, "ann");
  REQUIRE(w.try_enroll(w.link("ann").value().token, 1));
  const auto outcome = test::try_login(w.t, "ann");
  REQUIRE(outcome);
  CHECK(std::get<MfaNeeded>(*outcome).methods == Methods{Method::passkey, Method::recovery_code});
  for (const tables::Mail& mail : test::mails(w.t))
    CHECK(mail.kind != tables::MailKind::login_code);
}

TEST_CASE("an administrator who must have a passkey and has none takes nothing over") {
  test::PasskeyWorld w(with_required("admin"));
  for (const char* name : {"ann", "bob"}) {
    test::add_user(w.t, name);
    REQUIRE(grant_role(w.t.services, w.user(name).id, "admin", {}));
  }
  REQUIRE(w.try_enroll(w.link("ann").value().token, 1));
  CHECK(delete_account(w.t.services, w.user("ann").id, {}).error().name == "last_administrator");
  REQUIRE(w.try_enroll(w.link("bob").value().token, 2));
  CHECK(delete_account(w.t.services, w.user("ann").id, {}));
}
