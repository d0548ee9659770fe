#include "support/people.h"

namespace authd::test {

tables::User add_user(Instance& t, const std::string& name) {
  auth::NewAccount account;
  account.username = name;
  account.email = name + "@example.org";
  account.password = Password(kPassword);
  auto user = auth::create_account(t.services, account, {});
  REQUIRE(user);
  return std::move(*user);
}

auth::Origin from(const char* address) {
  auth::Origin origin;
  origin.address = IpAddress::parse(address).value();
  return origin;
}

Result<auth::LoginOutcome> try_login(Instance& t, std::string_view name, const auth::Origin& origin,
                                     const char* password) {
  return auth::log_in(t.services, name, Password(password), std::nullopt, origin);
}

auth::FactorAnswer typed(std::string_view code) {
  return auth::CodeAnswer{OneTimeSecret(std::string(code))};
}

auth::Tokens tokens_of(Result<auth::LoginOutcome> outcome) {
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<auth::Tokens>(*outcome));
  return std::get<auth::Tokens>(std::move(*outcome));
}

Result<auth::Tokens> tokens_if_any(Result<auth::LoginOutcome> outcome) {
  if (!outcome) return outcome.error();
  return tokens_of(std::move(outcome));
}

auth::Person caller_of(Instance& t, const auth::Tokens& tokens) {
  auto caller = auth::authenticate(t.services, tokens.access.reveal(), t.clock.now());
  REQUIRE(caller);
  return std::move(*caller);
}

bool is_alive(Instance& t, const auth::Tokens& tokens) {
  return auth::authenticate(t.services, tokens.access.reveal(), t.clock.now()).has_value();
}

std::vector<tables::Mail> mails(Instance& t) {
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

tables::Mail take_mail(Instance& t, tables::MailKind kind, std::string_view to) {
  std::vector<tables::Mail> found = mails(t);
  std::erase_if(found, [&](const auto& mail) { return mail.kind != kind || mail.to != to; });
  REQUIRE(found.size() == 1);
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::outbox.del(tx, found[0].id);
    return {};
  }));
  return std::move(found[0]);
}

OneTimeSecret secret_of(Instance& t, const tables::Mail& mail) {
  auto secret = t.master_key.open(mail.sealed, auth::mail_context(mail));
  REQUIRE(secret);
  return OneTimeSecret(std::move(*secret));
}

}  // namespace authd::test
