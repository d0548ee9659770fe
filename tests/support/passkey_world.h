// A server at https://example.org with people who live by passkeys.
#pragma once

#include <catch2/catch.hpp>

#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/factors/authenticator_app.h"
#include "auth/signin/enrolment.h"
#include "auth/signin/passkey_login.h"
#include "auth/signin/recovery.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/passkeys.h"
#include "support/people.h"
#include "tables/users.h"

namespace authd::test {

struct PasskeyWorld {
  explicit PasskeyWorld(const config::Config& config = passkey_config()) : t(config) {}
  Instance t;

  // An account without a password, and its recovery codes.
  auth::Tokens sign_up(const std::string& name, int number) {
    auth::NewAccount account;
    account.username = name;
    account.email = name + "@example.org";
    const auto start = auth::begin_sign_up(t.services, account, {});
    REQUIRE(start);
    account.passkey = auth::PasskeyAsked{made_passkey(start->challenge, number)};
    auto made = auth::sign_up(t.services, account, {});
    REQUIRE(made);
    REQUIRE(*made);
    return std::move(**made);
  }

  tables::User user(std::string_view name) {
    const auto found = auth::find_account(t.services, name);
    REQUIRE(found);
    return *found;
  }

  Result<auth::EnrollLink> link(const std::string& name) {
    return auth::make_enroll_link(t.services, user(name).id, auth::kEnrollLinkLife, {});
  }

  // The answer to what begin_enrolment() asks.
  Result<auth::Tokens> try_enroll(const OneTimeSecret& token, int number,
                                  bool is_discoverable = true) {
    const auth::Enrolment begun = TRY(auth::begin_enrolment(t.services, token, {}));
    const auth::PasskeyAsked asked{made_passkey(begun.start.challenge, number, is_discoverable),
                                   "new"};
    return tokens_if_any(auth::enroll(t.services, token, asked, {}));
  }

  size_t passkeys_of(std::string_view name) {
    const auto all = auth::list_passkeys(t.services, user(name).id);
    REQUIRE(all);
    return all->size();
  }

  OneTimeSecret mailed_link(const std::string& name, tables::MailKind kind) {
    REQUIRE(auth::forgot_password(t.services, name, {}));
    return secret_of(t, take_mail(t, kind, name + "@example.org"));
  }

  void prove_address(const std::string& name) {
    tables::User row = user(name);
    row.email_verified = true;
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::put_user(tx, row);
      return {};
    }));
  }

  Result<auth::LoginOutcome> log_in(int number, const std::string& handle, uint32_t count) {
    const auto question = TRY(auth::begin_passkey_login(t.services));
    AssertionParts parts;
    parts.client.challenge = question.challenge;
    parts.data.id = passkey_id(number);
    parts.data.sign_count = count;
    parts.user_handle = handle;
    return auth::log_in_by_passkey(t.services, parts.response(passkey_key()), {});
  }

  // The next code of the app; the clock then stands one period later.
  OneTimeSecret app_code() {
    const OneTimeSecret code(crypto::totp_code(app, crypto::totp_step(t.clock.now())));
    t.clock.advance(std::chrono::seconds(30));
    return OneTimeSecret(std::string(code.reveal()));
  }
  std::vector<OneTimeSecret> add_app(const auth::Person& caller) {
    const auto setup = auth::begin_totp(t.services, caller);
    REQUIRE(setup);
    app = SecretKey(base32_decode(setup->secret.reveal()).value());
    auto codes = auth::confirm_totp(t.services, caller, app_code(), {});
    REQUIRE(codes);
    return std::move(*codes);
  }
  SecretKey app;
};

}  // namespace authd::test
