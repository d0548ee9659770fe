#include "auth/oauth/protocol/fapi.h"

#include <algorithm>

#include "auth/oauth/protocol/words.h"

namespace authd::auth {
namespace {

Error wrong(std::string_view field, std::string_view message) {
  return Error{ErrorCode::invalid, "The profile fapi2 requires " + std::string(message),
               std::string(field)};
}

}  // namespace

bool needs_pushed_request(const tables::Client& client) {
  return client.requires_par || client.is_fapi;
}

bool must_name_redirect_uri(const tables::Client& client) {
  return client.is_fapi;
}

bool needs_dpop(const tables::Client& client) {
  return client.requires_dpop || client.is_fapi;
}

bool may_use_rs256(const tables::Client& client) {
  return !client.is_fapi;
}

bool rotates_refresh_tokens(const tables::Client& client) {
  return !client.is_fapi;
}

Milliseconds code_life(const config::Config& config, const tables::Client& client) {
  const Milliseconds life = config.provider.code_ttl;
  return client.is_fapi ? std::min(life, kFapiCodeLife) : life;
}

Result<void> check_profile(const tables::Client& client) {
  if (!client.is_fapi) return {};
  if (client.is_public || client.auth_method != kPrivateKeyAuth) {
    return wrong("token_endpoint_auth_method", "private_key_jwt: the client signs with its key.");
  }
  if (client.pkce_optional) return wrong("pkce", "PKCE.");
  if (client.id_token_algorithm.empty() || client.id_token_algorithm == kIdTokenAlgorithms[0]) {
    return wrong("id_token_signed_response_alg", "ES256 or EdDSA.");
  }
  if (client.userinfo_algorithm == kIdTokenAlgorithms[0]) {
    return wrong("userinfo_signed_response_alg", "ES256, EdDSA or none.");
  }
  const auto is_https = [](const std::string& uri) { return uri.starts_with("https://"); };
  if (!std::all_of(client.redirect_uris.begin(), client.redirect_uris.end(), is_https)) {
    return wrong("redirect_uris", "https addresses.");
  }
  return {};
}

}  // namespace authd::auth
