// Keys of others: a JWK, and the key sets and discovery of providers.
#include <array>

#include "auth/accounts/names/providers.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

// An accepted key is a public one, and its own text is the same key.
void check_key(const crypto::SigningKey& key) {
  CHECK(key.algorithm() != crypto::Algorithm::hs256);
  const auto again = crypto::SigningKey::from_public_jwk(key.public_jwk());
  CHECK(again && again->kid() == key.kid() && again->algorithm() == key.algorithm());
  for (const size_t size : {size_t{0}, size_t{64}, size_t{256}})
    CHECK(!key.verify("text", std::string(size, '\0')));
}

// A provider whose documents are all the input.
class Remote final : public fetch::Client {
 public:
  explicit Remote(std::string_view text) : text_(text) {}
  Result<fetch::Reply> send(const fetch::Request& request) override {
    CHECK(fetch::is_allowed_url(request.url));
    return fetch::Reply{200, std::string(text_)};
  }

 private:
  std::string_view text_;
};

void discover(std::string_view text) {
  static const config::Config config = [] {
    config::Config made = test::Instance::default_config();
    made.providers.push_back({"fake", "https://id.test/", "me", "", "openid", "Fake", ""});
    return made;
  }();
  Remote remote(text);
  const test::ManualClock clock;
  auth::Providers providers(config, remote, clock, null_log());
  const SteadyTime deadline = clock.steady_now() + auth::kProviderTimeout;
  const config::Provider& provider = config.providers.front();
  if (const auto found = providers.metadata(provider, deadline)) {
    for (const std::string* url : {&(*found)->authorization_endpoint, &(*found)->token_endpoint,
                                   &(*found)->jwks_uri, &(*found)->userinfo_endpoint}) {
      CHECK(url->starts_with("https://") || (url == &(*found)->userinfo_endpoint && url->empty()));
      CHECK(url->find_first_of(std::string_view("# \r\n\0", 5)) == std::string::npos);
    }
  }
  static_cast<void>(providers.keys_for(provider, crypto::Jws{}, deadline));
}

}  // namespace

void run(std::string_view input) {
  if (const auto key = crypto::SigningKey::from_public_jwk(input)) check_key(*key);
  for (const auto& found : auth::parse_key_set(input))
    check_key(*found.key);
  discover(input);
}

}  // namespace authd::fuzz
