#include "auth/signin/enrolment.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/signin/passkey_login.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/recovery.h"
#include "auth/upkeep/check.h"
#include "support/passkey_world.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::auth;

namespace {

config::Config with_recovery(config::PasskeyRecovery recovery) {
  config::Config config = test::passkey_config();
  config.passkeys.recovery = recovery;
  return config;
}

}  // namespace

TEST_CASE("a link of an administrator makes a passkey and signs in, once") {
  test::PasskeyWorld w;
  test::add_user(w.t, "ann");
  const Tokens old = test::tokens_of(test::try_login(w.t, "ann"));
  const auto link = w.link("ann");
  REQUIRE(link);
  CHECK(link->url == "https://example.org/enroll?token=" + std::string(link->token.reveal()));
  const auto tokens = w.try_enroll(link->token, 1);
  REQUIRE(tokens);
  CHECK(tokens->recovery_codes.size() == kRecoveryCodes);
  CHECK(test::caller_of(w.t, *tokens).session().amr ==
        std::vector<std::string>{"hwk", "user", "mfa"});
  CHECK_FALSE(test::is_alive(w.t, old));
  CHECK(w.try_enroll(link->token, 2).error().name == "invalid_code");
  CHECK(w.passkeys_of("ann") == 1);
  // The password stays.
  CHECK(test::try_login(w.t, "ann"));
  CHECK(test::take_mail(w.t, tables::MailKind::factors_changed, "ann@example.org").detail ==
        "passkey added");
}

TEST_CASE("a link ends with its time, with all sessions and with the account") {
  test::PasskeyWorld w;
  test::add_user(w.t, "ann");
  const auto late = w.link("ann");
  REQUIRE(late);
  w.t.clock.advance(kEnrollLinkLife);
  CHECK(w.try_enroll(late->token, 1).error().name == "invalid_code");

  const auto ended = w.link("ann");
  REQUIRE(ended);
  REQUIRE(end_all_sessions(w.t.services, w.user("ann").id, {}));
  CHECK(w.try_enroll(ended->token, 1).error().name == "invalid_code");

  const auto shut = w.link("ann");
  REQUIRE(shut);
  REQUIRE(set_disabled(w.t.services, w.user("ann").id, true, {}));
  CHECK(w.try_enroll(shut->token, 1).error().name == "invalid_code");
  CHECK(w.link("ann").error().name == "account_disabled");
}

TEST_CASE("a key that signs nobody in is refused, and the link stays good") {
  test::PasskeyWorld w;
  test::add_user(w.t, "ann");
  const auto link = w.link("ann");
  REQUIRE(link);
  CHECK(w.try_enroll(link->token, 1, false).error().name == "passkey_too_weak");
  CHECK(w.try_enroll(link->token, 1));
}

TEST_CASE("an answer is for one link alone") {
  test::PasskeyWorld w;
  test::add_user(w.t, "ann");
  test::add_user(w.t, "bob");
  const auto hers = w.link("ann");
  const auto his = w.link("bob");
  REQUIRE(hers);
  REQUIRE(his);
  const auto begun = begin_enrolment(w.t.services, his->token, {});
  REQUIRE(begun);
  const auto made = test::made_passkey(begun->start.challenge, 1);
  CHECK(enroll(w.t.services, hers->token, {made}, {}).error().name == "passkey_refused");
  CHECK(w.passkeys_of("ann") == 0);
}

TEST_CASE("a sign-up with a passkey is whole, and its codes bring the person back") {
  test::PasskeyWorld w;
  Tokens tokens = w.sign_up("ann", 1);
  CHECK(test::is_alive(w.t, tokens));
  REQUIRE(tokens.recovery_codes.size() == kRecoveryCodes);
  CHECK(w.user("ann").password_hash.empty());
  CHECK(w.user("ann").passkeys == 1);

  const auto link = recover_by_code(w.t.services, "ann", tokens.recovery_codes[3], {});
  REQUIRE(link);
  CHECK(test::take_mail(w.t, tables::MailKind::factors_changed, "ann@example.org").detail ==
        "recovery used");
  CHECK(recover_by_code(w.t.services, "ann", tokens.recovery_codes[3], {}).error().name ==
        "invalid_code");
  const auto back = w.try_enroll(link->token, 2);
  REQUIRE(back);
  CHECK(back->recovery_codes.empty());  // Nine are left.
  CHECK(w.passkeys_of("ann") == 2);
  CHECK_FALSE(test::is_alive(w.t, tokens));

  const auto report = check_store(w.t.services);
  REQUIRE(report);
  CHECK(report->findings.empty());
}

TEST_CASE("a sign-up answers its own question, once") {
  test::PasskeyWorld w;
  NewAccount account;
  account.username = "ann";
  const auto start = begin_sign_up(w.t.services, account, {});
  REQUIRE(start);
  account.passkey = PasskeyAsked{test::made_passkey(start->challenge, 1)};
  REQUIRE(auth::sign_up(w.t.services, account, {}));
  account.username = "bob";
  CHECK(auth::sign_up(w.t.services, account, {}).error().name == "passkey_refused");
  // The handle that the authenticator has is the account's.
  CHECK(w.user("ann").passkey_handle == start->user_handle);
}

TEST_CASE("a code alone opens no account that has a password") {
  test::PasskeyWorld w;
  test::add_user(w.t, "ann");
  const Person caller = test::caller_of(w.t, test::tokens_of(test::try_login(w.t, "ann")));
  const auto start = begin_passkey(w.t.services, caller);
  REQUIRE(start);
  const auto made =
      add_passkey(w.t.services, caller, {test::made_passkey(start->challenge, 1)}, {});
  REQUIRE(made);
  REQUIRE(made->recovery_codes.size() == kRecoveryCodes);
  CHECK(recover_by_code(w.t.services, "ann", made->recovery_codes[0], {}).error().name ==
        "invalid_code");
  CHECK(recover_by_code(w.t.services, "nobody", made->recovery_codes[0], {}).error().name ==
        "invalid_code");
}

TEST_CASE("the mailed link makes a passkey, unless a second factor would be bypassed") {
  test::PasskeyWorld w;
  w.sign_up("ann", 1);
  w.prove_address("ann");
  const OneTimeSecret token = w.mailed_link("ann", tables::MailKind::new_passkey);
  const auto seen = look_at_link(w.t.services, token, std::nullopt, {});
  REQUIRE(seen);
  CHECK(seen->makes_passkey);
  CHECK_FALSE(seen->has_password);
  REQUIRE(w.try_enroll(token, 2));
  CHECK(w.passkeys_of("ann") == 2);

  // With a security key, the link sets no more than a password.
  const Tokens tokens = w.sign_up("bob", 3);
  w.prove_address("bob");
  const Person caller = test::caller_of(w.t, tokens);
  const auto start = begin_passkey(w.t.services, caller);
  REQUIRE(start);
  REQUIRE(add_passkey(w.t.services, caller, {test::made_passkey(start->challenge, 4, false)}, {}));
  const OneTimeSecret other = w.mailed_link("bob", tables::MailKind::reset_password);
  const auto guarded = look_at_link(w.t.services, other, std::nullopt, {});
  REQUIRE(guarded);
  CHECK_FALSE(guarded->makes_passkey);
  CHECK(w.try_enroll(other, 5).error().name == "invalid_code");
}

TEST_CASE("a link to an address that nobody had proved ends the passkeys from before") {
  test::PasskeyWorld w;
  Tokens stranger = w.sign_up("ann", 1);
  const OneTimeSecret token = w.mailed_link("ann", tables::MailKind::new_passkey);
  const auto owner = w.try_enroll(token, 2);
  REQUIRE(owner);
  CHECK(owner->recovery_codes.size() == kRecoveryCodes);
  CHECK(w.passkeys_of("ann") == 1);
  CHECK_FALSE(test::is_alive(w.t, stranger));
  // The stranger's codes are worth nothing.
  CHECK(recover_by_code(w.t.services, "ann", stranger.recovery_codes[0], {}).error().name ==
        "invalid_code");
  CHECK(recover_by_code(w.t.services, "ann", owner->recovery_codes[0], {}));
}

TEST_CASE("with recovery by codes, or by an administrator, no mail makes anything") {
  const auto recovery = GENERATE(config::PasskeyRecovery::codes, config::PasskeyRecovery::admin);
  test::PasskeyWorld w(with_recovery(recovery));
  const Tokens tokens = w.sign_up("ann", 1);
  w.prove_address("ann");
  const bool by_code = recovery == config::PasskeyRecovery::codes;
  REQUIRE(forgot_password(w.t.services, "ann", {}));
  const tables::Mail mail =
      test::take_mail(w.t, tables::MailKind::no_new_password, "ann@example.org");
  CHECK(mail.sealed.empty());
  CHECK(mail.detail == (by_code ? "by code" : "by admin"));
  const auto link = recover_by_code(w.t.services, "ann", tokens.recovery_codes[0], {});
  CHECK(link.has_value() == by_code);
  if (!by_code) CHECK(link.error().name == "recovery_by_admin");
  const auto given = w.link("ann");
  REQUIRE(given);
  CHECK(w.try_enroll(given->token, 2));
}

TEST_CASE("a mailed link ends the password of a stranger who signed up with the address") {
  test::PasskeyWorld w;
  NewAccount account;
  account.username = "ann";
  account.email = "ann@example.org";
  account.password = Password(std::string(test::kPassword));
  REQUIRE(auth::sign_up(w.t.services, account, {}));
  const OneTimeSecret token = w.mailed_link("ann", tables::MailKind::reset_password);
  REQUIRE(w.try_enroll(token, 1));
  CHECK(test::try_login(w.t, "ann").error().name == "invalid_credentials");
  // Where the owner is known, the password stays.
  test::add_user(w.t, "bob");
  w.prove_address("bob");
  REQUIRE(w.try_enroll(w.mailed_link("bob", tables::MailKind::reset_password), 2));
  CHECK(test::try_login(w.t, "bob"));
}

TEST_CASE("a sign-up with a passkey does not tell which addresses have accounts") {
  config::Config config = test::passkey_config();
  config.signup.require_verified_email = true;
  test::PasskeyWorld w(config);
  test::add_user(w.t, "taken");
  std::string handle;
  const auto sign_up_as = [&](const std::string& name, const std::string& email, int number) {
    NewAccount account;
    account.username = name;
    account.email = email;
    const auto start = begin_sign_up(w.t.services, account, {});
    REQUIRE(start);
    handle = start->user_handle;
    account.passkey = PasskeyAsked{test::made_passkey(start->challenge, number)};
    return auth::sign_up(w.t.services, account, {});
  };
  int number = 0;
  for (const std::string email : {"free@example.org", "taken@example.org"}) {
    number += 1;
    const std::string name = "name" + std::to_string(number);
    const auto first = sign_up_as(name, email, number);
    REQUIRE(first);
    CHECK_FALSE(*first);
    // The passkey signs nobody in, and its id is gone, either way.
    const auto question = begin_passkey_login(w.t.services);
    REQUIRE(question);
    test::AssertionParts parts;
    parts.client.challenge = question->challenge;
    parts.data.id = test::passkey_id(number);
    parts.user_handle = handle;
    const auto login = log_in_by_passkey(w.t.services, parts.response(test::passkey_key()), {});
    CHECK(login.error().name == "invalid_passkey");
    parts.data.id = test::passkey_id(900);
    CHECK(log_in_by_passkey(w.t.services, parts.response(test::passkey_key()), {}).error().name ==
          "invalid_passkey");
    CHECK(sign_up_as(name + "b", name + "b@example.org", number).error().name == "passkey_exists");
  }
}

TEST_CASE("an account that had to be confirmed gets its codes with the first login") {
  config::Config config = test::passkey_config();
  config.signup.require_verified_email = true;
  test::PasskeyWorld w(config);
  NewAccount account;
  account.username = "ann";
  account.email = "ann@example.org";
  const auto start = begin_sign_up(w.t.services, account, {});
  REQUIRE(start);
  account.passkey = PasskeyAsked{test::made_passkey(start->challenge, 1)};
  REQUIRE(auth::sign_up(w.t.services, account, {}));
  const auto log_in = [&](uint32_t count) { return w.log_in(1, start->user_handle, count); };
  CHECK(log_in(1).error().name == "invalid_passkey");
  w.prove_address("ann");
  const auto first = log_in(2);
  REQUIRE(first);
  CHECK(std::get<Tokens>(*first).recovery_codes.size() == kRecoveryCodes);
  const auto second = log_in(3);
  REQUIRE(second);
  CHECK(std::get<Tokens>(*second).recovery_codes.empty());
}

TEST_CASE("where no mail recovers an account, none lets anybody in") {
  test::PasskeyWorld w(with_recovery(config::PasskeyRecovery::admin));
  w.sign_up("ann", 1);
  w.prove_address("ann");
  REQUIRE(send_login_code(w.t.services, "ann@example.org", {}));
  REQUIRE(send_magic_link(w.t.services, "ann@example.org", {}));
  for (const tables::Mail& mail : test::mails(w.t)) {
    CHECK(mail.kind != tables::MailKind::login_code);
    CHECK(mail.kind != tables::MailKind::magic_link);
  }
  // The stranger's passkey in an account that its owner never proved keeps nobody out.
  w.sign_up("bob", 2);
  REQUIRE(send_magic_link(w.t.services, "bob@example.org", {}));
  test::take_mail(w.t, tables::MailKind::magic_link, "bob@example.org");
}

TEST_CASE("no code bypasses an app, and a full account keeps its codes") {
  test::PasskeyWorld w;
  const Tokens tokens = w.sign_up("ann", 1);
  const Person caller = test::caller_of(w.t, tokens);
  const auto codes = w.add_app(caller);
  CHECK(recover_by_code(w.t.services, "ann", codes[0], {}).error().name == "invalid_code");

  const Tokens full = w.sign_up("bob", 2);
  const Person owner = test::caller_of(w.t, full);
  for (int number = 100; number < 119; ++number) {
    const auto start = begin_passkey(w.t.services, owner);
    REQUIRE(start);
    REQUIRE(add_passkey(w.t.services, owner, {test::made_passkey(start->challenge, number)}, {}));
  }
  CHECK(recover_by_code(w.t.services, "bob", full.recovery_codes[0], {}).error().name ==
        "too_many_passkeys");
  const auto all = list_passkeys(w.t.services, owner.user().id);
  REQUIRE(all);
  REQUIRE(remove_passkey(w.t.services, owner, all->back().id_hash, {}));
  CHECK(recover_by_code(w.t.services, "bob", full.recovery_codes[0], {}));
}

TEST_CASE("codes from before there were passkeys make none") {
  test::PasskeyWorld w;
  const Tokens tokens = w.sign_up("ann", 1);
  REQUIRE(w.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::string key = tables::big_endian(tokens.user.id.value);
    tables::Factors factors = tables::factors.find(tx, key).value();
    factors.passkey_epoch = 0;  // As an earlier release left it.
    tables::factors.put(tx, key, factors);
    return {};
  }));
  CHECK(recover_by_code(w.t.services, "ann", tokens.recovery_codes[0], {}).error().name ==
        "invalid_code");
}
