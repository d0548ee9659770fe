#include "auth/signin/enrolment.h"

#include <catch2/catch.hpp>

#include "auth/accounts/accounts.h"
#include "auth/accounts/passkeys.h"
#include "auth/accounts/role_grants.h"
#include "auth/accounts/second_factor.h"
#include "auth/accounts/sign_up.h"
#include "auth/sessions/roles.h"
#include "auth/signin/basic_login.h"
#include "auth/signin/recovery.h"
#include "auth/upkeep/check.h"
#include "support/passkeys.h"
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

struct World {
  explicit World(const config::Config& config = test::passkey_config()) : t(config) {}
  test::Instance t;

  // An account without a password, and its recovery codes.
  Tokens sign_up(const std::string& name, int number) {
    NewAccount account;
    account.username = name;
    account.email = name + "@example.org";
    const auto start = begin_sign_up(t.services, account);
    REQUIRE(start);
    account.passkey = PasskeyAsked{test::made_passkey(start->challenge, number)};
    auto made = auth::sign_up(t.services, account, {});
    REQUIRE(made);
    REQUIRE(*made);
    return std::move(**made);
  }

  tables::User user(std::string_view name) {
    const auto found = find_account(t.services, name);
    REQUIRE(found);
    return *found;
  }

  Result<EnrollLink> link(const std::string& name) {
    return make_enroll_link(t.services, user(name).id, kEnrollLinkLife, {});
  }

  // The answer to what begin_enrolment() asks.
  Result<Tokens> try_enroll(const OneTimeSecret& token, int number, bool is_discoverable = true) {
    const Enrolment begun = TRY(begin_enrolment(t.services, token, {}));
    return enroll(t.services, token,
                  {test::made_passkey(begun.start.challenge, number, is_discoverable), "new"}, {});
  }

  size_t passkeys_of(std::string_view name) {
    const auto all = list_passkeys(t.services, user(name).id);
    REQUIRE(all);
    return all->size();
  }

  OneTimeSecret mailed_link(const std::string& name, tables::MailKind kind) {
    REQUIRE(forgot_password(t.services, name, {}));
    return test::secret_of(t, test::take_mail(t, kind, name + "@example.org"));
  }

  void prove_address(const std::string& name) {
    tables::User row = user(name);
    row.email_verified = true;
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::put_user(tx, row);
      return {};
    }));
  }
};

}  // namespace

TEST_CASE("a link of an administrator makes a passkey and signs in, once") {
  World w;
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
  World w;
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
  World w;
  test::add_user(w.t, "ann");
  const auto link = w.link("ann");
  REQUIRE(link);
  CHECK(w.try_enroll(link->token, 1, false).error().name == "passkey_too_weak");
  CHECK(w.try_enroll(link->token, 1));
}

TEST_CASE("an answer is for one link alone") {
  World w;
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
  World w;
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
  World w;
  NewAccount account;
  account.username = "ann";
  const auto start = begin_sign_up(w.t.services, account);
  REQUIRE(start);
  account.passkey = PasskeyAsked{test::made_passkey(start->challenge, 1)};
  REQUIRE(auth::sign_up(w.t.services, account, {}));
  account.username = "bob";
  CHECK(auth::sign_up(w.t.services, account, {}).error().name == "passkey_refused");
  // The handle that the authenticator has is the account's.
  CHECK(w.user("ann").passkey_handle == start->user_handle);
}

TEST_CASE("a code alone opens no account that has a password") {
  World w;
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
  World w;
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
  const OneTimeSecret other = w.mailed_link("bob", tables::MailKind::new_passkey);
  const auto guarded = look_at_link(w.t.services, other, std::nullopt, {});
  REQUIRE(guarded);
  CHECK_FALSE(guarded->makes_passkey);
  CHECK(w.try_enroll(other, 5).error().name == "invalid_code");
}

TEST_CASE("a link to an address that nobody had proved ends the passkeys from before") {
  World w;
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
  World w(with_recovery(recovery));
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

TEST_CASE("the roles of passkeys.required_for sign in with a passkey") {
  config::Config config = test::passkey_config();
  config.passkeys.required_for = {"admin"};
  World w(config);
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
  CHECK(needed->methods == Methods{Method::passkey});
  // No code will do.
  const Person caller = test::caller_of(w.t, *tokens);
  CHECK(answer_challenge(w.t.services, needed->token,
                         CodeAnswer{OneTimeSecret(std::string(tokens->recovery_codes[0].reveal()))},
                         {})
            .error()
            .name == "invalid_code");
  const auto all = list_passkeys(w.t.services, caller.user().id);
  REQUIRE(all);
  CHECK(remove_passkey(w.t.services, caller, all->front().id_hash, {}).error().name ==
        "last_passkey");
}

TEST_CASE("who must have a passkey cannot sign up with a password") {
  config::Config config = test::passkey_config();
  config.passkeys.required_for = {"user"};
  World w(config);
  NewAccount account;
  account.username = "ann";
  account.password = Password(std::string(test::kPassword));
  CHECK(auth::sign_up(w.t.services, account, {}).error().name == "passkey_required");
  CHECK_FALSE(find_account(w.t.services, "ann"));
  w.sign_up("ann", 1);
}
