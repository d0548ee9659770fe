#include "auth/oauth/clients/key_rules.h"

#include <algorithm>

#include "auth/oauth/protocol/key_set.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "fetch/client.h"

namespace authd::auth {
namespace {

using tables::Client;

constexpr size_t kMaxSubject = 1000;  // bytes

Error wrong(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

bool is_address_of_keys(std::string_view uri) {
  return fetch::is_allowed_url(uri) && uri.find('#') == std::string_view::npos;
}

// Names are compared as they are, so a wildcard would match nothing, and whoever wrote it would
// think that it does.
bool is_identity(const FederatedIdentity& identity) {
  const std::string_view issuer = identity.issuer;
  return issuer.starts_with("https://") && fetch::is_allowed_url(issuer) &&
         issuer.find_first_of("?#*") == std::string_view::npos && !identity.subject.empty() &&
         identity.subject.size() <= kMaxSubject &&
         identity.subject.find('*') == std::string_view::npos;
}

Result<void> check_identities(const Client& client) {
  constexpr std::string_view kField = "federated_identities";
  if (client.federated_identities.empty()) return {};
  // Whoever may name an issuer could make this server ask it.
  if (is_strangers(client)) {
    return wrong(kField, "Only an administrator can give a client federated identities.");
  }
  if (client.auth_method != kPrivateKeyAuth) {
    return wrong(kField, "These need token_endpoint_auth_method=private_key_jwt.");
  }
  for (const std::string& text : client.federated_identities) {
    if (is_identity(federated_identity(text))) continue;
    return wrong(kField,
                 "This must be the https address of an issuer, a space and the whole subject, "
                 "without wildcards, such as \"https://token.actions.githubusercontent.com "
                 "repo:example/app:ref:refs/heads/main\".");
  }
  return {};
}

}  // namespace

FederatedIdentity federated_identity(std::string_view text) {
  const size_t space = std::min(text.find(' '), text.size());
  return {text.substr(0, space), text.substr(std::min(space + 1, text.size()))};
}

bool has_keys(const Client& client) {
  return !client.jwks.empty() || !client.jwks_uri.empty();
}

Result<void> check_client_keys(const Client& client) {
  if (!client.jwks.empty()) TRY(check_key_set(client.jwks));
  if (!client.jwks_uri.empty() && !is_address_of_keys(client.jwks_uri)) {
    return wrong(
        "jwks_uri",
        "This must be an https address without a fragment, such as "
        "https://app.example.org/jwks.json. http is only for programs on this server's machine.");
  }
  if (!client.jwks.empty() && !client.jwks_uri.empty()) {
    return wrong("jwks_uri", "The client has jwks already: set jwks or jwks_uri, not both.");
  }
  TRY(check_identities(client));
  const bool signs = client.auth_method == kPrivateKeyAuth;
  if (signs && !has_keys(client) && client.federated_identities.empty()) {
    return wrong("jwks",
                 "A client with private_key_jwt needs its public keys: jwks or jwks_uri; or "
                 "federated_identities.");
  }
  if (client.requires_jar && !has_keys(client)) {
    return wrong("require_signed_request_object",
                 "The client has no keys to sign with: set jwks or jwks_uri.");
  }
  return {};
}

}  // namespace authd::auth
