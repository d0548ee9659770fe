#include "auth/oauth/protocol/fapi.h"

#include <catch2/catch.hpp>
#include <functional>

#include "auth/oauth/protocol/words.h"

namespace authd::auth {
namespace {

tables::Client fapi_client() {
  tables::Client client;
  client.id = "bank";
  client.is_fapi = true;
  client.auth_method = kPrivateKeyAuth;
  client.id_token_algorithm = "ES256";
  client.redirect_uris = {"https://bank.example.org/callback"};
  return client;
}

}  // namespace

TEST_CASE("a client is held to the FAPI profile by its members", "[fapi]") {
  CHECK(check_profile(fapi_client()));
  struct Case {
    const char* field;
    std::function<void(tables::Client&)> change;
  };
  const Case cases[] = {
      {"token_endpoint_auth_method", [](tables::Client& c) { c.is_public = true; }},
      {"token_endpoint_auth_method", [](tables::Client& c) { c.auth_method = kBasicAuth; }},
      {"token_endpoint_auth_method", [](tables::Client& c) { c.auth_method.clear(); }},
      {"pkce", [](tables::Client& c) { c.pkce_optional = true; }},
      {"id_token_signed_response_alg", [](tables::Client& c) { c.id_token_algorithm.clear(); }},
      {"id_token_signed_response_alg", [](tables::Client& c) { c.id_token_algorithm = "RS256"; }},
      {"userinfo_signed_response_alg", [](tables::Client& c) { c.userinfo_algorithm = "RS256"; }},
      {"redirect_uris",
       [](tables::Client& c) { c.redirect_uris.emplace_back("http://127.0.0.1/callback"); }},
      {"redirect_uris", [](tables::Client& c) { c.redirect_uris = {"app.bank:/callback"}; }},
  };
  for (const Case& one : cases) {
    tables::Client client = fapi_client();
    one.change(client);
    const Result<void> checked = check_profile(client);
    INFO(one.field);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().field == one.field);
    client.is_fapi = false;
    CHECK(check_profile(client));
  }
}

TEST_CASE("the FAPI profile implies what single members demand", "[fapi]") {
  const tables::Client held = fapi_client();
  tables::Client free = held;
  free.is_fapi = false;
  CHECK(needs_pushed_request(held));
  CHECK_FALSE(needs_pushed_request(free));
  CHECK(must_name_redirect_uri(held));
  CHECK_FALSE(must_name_redirect_uri(free));
  CHECK(needs_dpop(held));
  CHECK_FALSE(needs_dpop(free));
  CHECK_FALSE(may_use_rs256(held));
  CHECK(may_use_rs256(free));
  CHECK_FALSE(rotates_refresh_tokens(held));
  CHECK(rotates_refresh_tokens(free));
  free.requires_par = true;
  free.requires_dpop = true;
  CHECK(needs_pushed_request(free));
  CHECK(needs_dpop(free));
}

TEST_CASE("a code of the FAPI profile lives for at most a minute", "[fapi]") {
  config::Config config;
  config.provider.code_ttl = std::chrono::minutes(5);
  tables::Client client = fapi_client();
  CHECK(code_life(config, client) == kFapiCodeLife);
  client.is_fapi = false;
  CHECK(code_life(config, client) == std::chrono::minutes(5));
  config.provider.code_ttl = std::chrono::seconds(30);
  client.is_fapi = true;
  CHECK(code_life(config, client) == std::chrono::seconds(30));
}

}  // namespace authd::auth
