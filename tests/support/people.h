// People with accounts, and the mails on their way to them.
#pragma once

#include <catch2/catch.hpp>

#include "auth/accounts/accounts.h"
#include "auth/core/mails.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/login.h"
#include "support/instance.h"

namespace authd::test {

inline constexpr const char* kPassword = "correct horse battery";

inline tables::User add_user(Instance& t, const std::string& name) {
  auth::NewAccount account;
  account.username = name;
  account.email = name + "@example.org";
  account.password = Password(kPassword);
  auto user = auth::create_account(t.services, account, {});
  REQUIRE(user);
  return std::move(*user);
}

inline auth::Origin from(const char* address) {
  auth::Origin origin;
  origin.address = IpAddress::parse(address).value();
  return origin;
}

inline Result<auth::LoginOutcome> try_login(Instance& t, std::string_view name,
                                            const auth::Origin& origin = {},
                                            const char* password = kPassword) {
  return auth::log_in(t.services, name, Password(password), std::nullopt, origin);
}

// The answer to a second factor.
inline auth::FactorAnswer typed(std::string_view code) {
  return auth::CodeAnswer{OneTimeSecret(std::string(code))};
}

inline auth::Tokens tokens_of(Result<auth::LoginOutcome> outcome) {
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<auth::Tokens>(*outcome));
  return std::get<auth::Tokens>(std::move(*outcome));
}

inline auth::Person caller_of(Instance& t, const auth::Tokens& tokens) {
  auto caller = auth::authenticate(t.services, tokens.access.reveal(), t.clock.now());
  REQUIRE(caller);
  return std::move(*caller);
}

inline bool is_alive(Instance& t, const auth::Tokens& tokens) {
  return auth::authenticate(t.services, tokens.access.reveal(), t.clock.now()).has_value();
}

// The mails in the outbox, in no particular order.
inline std::vector<tables::Mail> mails(Instance& t) {
  std::vector<tables::Mail> found;
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    tables::outbox.scan(tx, "", "", [&](std::string_view, tables::Mail mail) {
      found.push_back(std::move(mail));
      return true;
    });
    return {};
  }));
  return found;
}

// Removes and returns the only mail of this kind to the address from the outbox.
inline tables::Mail take_mail(Instance& t, tables::MailKind kind, std::string_view to) {
  std::vector<tables::Mail> found = mails(t);
  std::erase_if(found, [&](const auto& mail) { return mail.kind != kind || mail.to != to; });
  REQUIRE(found.size() == 1);
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::outbox.del(tx, found[0].id);
    return {};
  }));
  return std::move(found[0]);
}

// What it carries.
inline OneTimeSecret secret_of(Instance& t, const tables::Mail& mail) {
  auto secret = t.master_key.open(mail.sealed, auth::mail_context(mail));
  REQUIRE(secret);
  return OneTimeSecret(std::move(*secret));
}

}  // namespace authd::test
