#include "world.h"
#include "auth/sessions/session_tokens.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/sessions/session_cookie.h"
#include "auth/signin/login.h"
#include "base/check.h"

namespace authd::fuzz {
namespace {

constexpr const char* kPassword = "correct horse battery";

config::Config configured() {
  config::Config config = test::Instance::default_config();
  config.public_url = "http://auth.test";
  config.rate_limit.enabled = false;  // Otherwise most inputs would end there.
  config.ingress.trusted_proxies = {*Network::parse("10.0.0.0/8")};
  config.pages.return_origins = {"https://*.wild.example"};
  return config;
}

auth::Tokens log_in(const auth::Services& s, bool wants_cookie) {
  auth::Origin origin;
  origin.wants_cookie = wants_cookie;
  auto outcome = auth::log_in(s, "ann", Password(kPassword), std::nullopt, origin);
  CHECK(outcome && std::holds_alternative<auth::Tokens>(*outcome));
  return std::get<auth::Tokens>(std::move(*outcome));
}

// "authd_session=VALUE; Path=/…": the value.
std::string value_of(const std::string& cookie) {
  const size_t equals = cookie.find('=');
  return cookie.substr(equals + 1, cookie.find(';') - equals - 1);
}

}  // namespace

World::World()
    : instance_(configured()),
      site_(api::make_site(instance_.config).value()),
      documentation_(api::served_routes(instance_.config), instance_.config.public_url),
      api_{instance_.services, metrics_, site_, [] { return false; }, documentation_},
      routes_(api::http_routes(api_)) {
  const auth::Services& s = instance_.services;
  auth::NewAccount account;
  account.username = "ann";
  account.email = "ann@example.org";
  account.password = Password(kPassword);
  account.roles = {"admin"};
  const auto user = auth::create_account(s, account, {});
  CHECK(user);
  const auth::Tokens tokens = log_in(s, false);
  const tables::Session session = log_in(s, true).session;
  auth::NewApiKey wanted;
  wanted.name = "a key";
  wanted.scopes = {"verify", "profile:read"};
  const auto key = auth::add_api_key(s, user->id, {}, wanted, {});
  CHECK(key);
  const std::string cookie = auth::session_cookie(s, session, instance_.clock.now());
  words_ = {{"@access@", std::string(tokens.access.reveal())},
            {"@refresh@", std::string(tokens.refresh.reveal())},
            {"@cookie@", value_of(cookie)},
            {"@csrf@", auth::csrf_token(s, session)},
            {"@key@", std::string(key->text.reveal())}};
}

std::string World::filled(std::string_view text) const {
  std::string out(text);
  for (const Word& word : words_) {
    for (size_t at = out.find(word.name); at != std::string::npos;
         at = out.find(word.name, at + word.text.size()))
      out.replace(at, word.name.size(), word.text);
  }
  return out;
}

bool World::has_credential(std::string_view text) const {
  return std::any_of(words_.begin(), words_.end(), [&](const Word& word) {
    return text.find(word.text) != std::string_view::npos;
  });
}

bool World::is_fresh() {
  return auth::authenticate(instance_.services, words_.front().text, instance_.clock.now())
      .has_value();
}

}  // namespace authd::fuzz
