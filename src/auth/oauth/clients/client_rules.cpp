#include "auth/oauth/clients/client_rules.h"

#include <algorithm>

#include "auth/core/identifiers.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/key_rules.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/keyring.h"
#include "base/ip_address.h"
#include "base/text.h"
#include "base/uuid.h"
#include "config/reading/clients.h"
#include "fetch/client.h"
#include "tables/roles.h"

namespace authd::auth {
namespace {

using tables::Client;

constexpr Milliseconds kMinTtl = std::chrono::seconds(10);
constexpr Milliseconds kMaxRefreshTtl = std::chrono::hours(24 * 3650);
constexpr size_t kMaxClientRow = 90 << 10;  // a value of the store has less than 100 KiB
constexpr size_t kMaxStrangersRow = 16 << 10;
constexpr Milliseconds kMaxMaxAge = std::chrono::hours(24 * 365);

Error wrong(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 200)) + "\"";
}

bool is_web_address(std::string_view text) {
  const bool is_web = text.starts_with("https://") || text.starts_with("http://");
  return is_web && std::all_of(text.begin(), text.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\';
         });
}

template <typename List>
Result<void> check_words(std::string_view field, const std::vector<std::string>& values,
                         const List& known) {
  for (const std::string& value : values) {
    if (!contains(known, value)) {
      return wrong(field, quoted(value) + " is not one of " + joined(known, ", ") + ".");
    }
  }
  return {};
}

template <typename List>
Result<void> check_word(std::string_view field, const std::string& value, const List& known) {
  if (value.empty()) return {};
  return check_words(field, {value}, known);
}

Result<void> check_sizes(const Client& client) {
  for (const auto& [field, list] :
       {std::pair("redirect_uris", &client.redirect_uris),
        std::pair("post_logout_redirect_uris", &client.post_logout_redirect_uris),
        std::pair("scopes", &client.scopes), std::pair("roles", &client.roles),
        std::pair("networks", &client.networks), std::pair("groups", &client.groups),
        std::pair("group_names", &client.group_names), std::pair("resources", &client.resources),
        std::pair("audiences", &client.audiences),
        std::pair("federated_identities", &client.federated_identities)}) {
    if (list->size() > kMaxListed) return wrong(field, "There are more than 50 values here.");
    const bool is_long = std::any_of(list->begin(), list->end(), [](const std::string& one) {
      return one.size() > kMaxMemberText;
    });
    if (is_long) return wrong(field, "A value here has more than 2000 bytes.");
  }
  for (const auto& [field, text] :
       {std::pair("description", &client.description), std::pair("client_uri", &client.client_uri),
        std::pair("policy_uri", &client.policy_uri), std::pair("tos_uri", &client.tos_uri),
        std::pair("backchannel_logout_uri", &client.backchannel_logout_uri),
        std::pair("initiate_login_uri", &client.initiate_login_uri),
        std::pair("jwks_uri", &client.jwks_uri),
        std::pair("sector_identifier_uri", &client.sector_identifier_uri),
        std::pair("group_separator", &client.group_separator)}) {
    if (text->size() > kMaxMemberText) return wrong(field, "This has more than 2000 bytes.");
  }
  return {};
}

bool is_secure_address(const std::string& uri) {
  return fetch::is_allowed_url(uri) && check_redirect_uri(uri, "");
}

// This server sends requests there. Private networks are as good as others: only administrators
// write such an address (OpenID Connect Back-Channel Logout 1.0 section 2.2).
Result<void> check_logout_address(const std::string& uri) {
  if (uri.empty() || is_secure_address(uri)) return {};
  return wrong("backchannel_logout_uri",
               "This must be an https address without a fragment, such as "
               "https://app.example.org/backchannel-logout. http is only for programs on this "
               "server's machine.");
}

// This server sends people there (OpenID Connect Dynamic Client Registration section 2).
Result<void> check_login_address(const std::string& uri) {
  if (uri.empty() || is_secure_address(uri)) return {};
  return wrong("initiate_login_uri",
               "This must be an https address without a fragment, such as "
               "https://app.example.org/login. http is for programs on one's own machine.");
}

Result<void> check_addresses(const Client& client) {
  for (const std::string& uri : client.redirect_uris)
    TRY(check_redirect_uri(uri, "redirect_uris"));
  for (const std::string& uri : client.post_logout_redirect_uris)
    TRY(check_redirect_uri(uri, "post_logout_redirect_uris"));
  TRY(check_logout_address(client.backchannel_logout_uri));
  TRY(check_login_address(client.initiate_login_uri));
  for (const auto& [field, uri] :
       {std::pair("client_uri", &client.client_uri), std::pair("policy_uri", &client.policy_uri),
        std::pair("tos_uri", &client.tos_uri)}) {
    if (!uri->empty() && !is_web_address(*uri)) {
      return wrong(field, "This must be an address such as https://app.example.org.");
    }
  }
  return {};
}

// Its secret opens what every person's session rests on, so nothing else goes with it.
Result<void> check_replica(const Client& client) {
  if (!client.is_replica) return {};
  if (client.is_public || !takes_secret(client)) {
    return wrong("replica", "A replica authenticates with a secret.");
  }
  if (client.grant_types.empty()) return {};
  return wrong("replica", "A replica gets no tokens: it must have no grant_types.");
}

Result<void> check_grants(const Client& client) {
  TRY(check_words("grant_types", client.grant_types, kGrantTypes));
  TRY(check_word("token_endpoint_auth_method", client.auth_method,
                 std::array{kBasicAuth, kPostAuth, kPrivateKeyAuth}));
  const bool signs_in = has_grant_type(client, kCodeGrant);
  const bool is_for_people = signs_in || has_grant_type(client, kDeviceGrant);
  if (signs_in && client.redirect_uris.empty()) {
    return wrong("redirect_uris",
                 "A client that signs people in needs an address for them to return to.");
  }
  if (!signs_in && !client.redirect_uris.empty()) {
    return wrong("grant_types",
                 "Addresses to return to are for clients with the grant type authorization_code.");
  }
  if (has_grant_type(client, kRefreshGrant) && !is_for_people) {
    return wrong("grant_types",
                 "refresh_token is allowed only together with authorization_code or device_code.");
  }
  if (!client.is_public) return {};
  if (has_grant_type(client, kClientGrant)) {
    return wrong("grant_types",
                 "A public client has no secret, so it gets no tokens of its own "
                 "(client_credentials).");
  }
  if (has_grant_type(client, kExchangeGrant)) {
    return wrong("grant_types",
                 "A public client has no secret, so it cannot exchange the tokens of others "
                 "(token_exchange).");
  }
  if (!is_for_people && !is_bookmark(client)) {
    return wrong("public",
                 "A client without a secret can only sign people in, or be a link to its home page "
                 "(client_uri).");
  }
  if (client.pkce_optional) {
    return wrong("pkce", "A public client must use PKCE (RFC 9700 section 2.1.1).");
  }
  if (!client.auth_method.empty()) {
    return wrong("token_endpoint_auth_method", "A public client has no secret to send.");
  }
  return {};
}

Result<void> check_duration(std::string_view field, uint64_t count, Milliseconds most) {
  const Milliseconds value(static_cast<int64_t>(std::min<uint64_t>(count, INT64_MAX)));
  if (count == 0 || (value >= kMinTtl && value <= most)) return {};
  return wrong(field,
               "This must be 0, or from 10s to " +
                   std::to_string(std::chrono::duration_cast<std::chrono::hours>(most).count()) +
                   "h.");
}

Result<void> check_group_names(const Client& client) {
  for (const std::string& pair : client.group_names) {
    const auto equals = std::find(pair.begin(), pair.end(), '=');
    if (equals == pair.begin() || equals == pair.end() || equals + 1 == pair.end()) {
      return wrong("group_names", quoted(pair) + " is not of the form role=name.");
    }
  }
  return {};
}

Result<void> check_limits(const Client& client) {
  for (const std::string& scope : client.scopes) {
    if (!is_scope(scope)) return wrong("scopes", quoted(scope) + " is not a scope.");
  }
  for (const std::string& network : client.networks) {
    if (!Network::parse(network)) {
      return wrong("networks", quoted(network) + " is not a network such as 192.0.2.0/24.");
    }
  }
  TRY(check_word("required_acr", client.required_acr, kAcrs));
  TRY(check_word("id_token_signed_response_alg", client.id_token_algorithm, kIdTokenAlgorithms));
  TRY(check_word("userinfo_signed_response_alg", client.userinfo_algorithm, kIdTokenAlgorithms));
  TRY(check_group_names(client));
  TRY(check_duration("access_ttl", client.access_ttl_ms, kMaxAccessTokenLife));
  TRY(check_duration("refresh_ttl", client.refresh_ttl_ms, kMaxRefreshTtl));
  return check_duration("max_age", client.max_age_ms, kMaxMaxAge);
}

// What it names must exist: a misspelt role would silently let nobody in.
Result<void> check_references(store::Reader& tx, const Client& client, const Client& before) {
  for (const std::string& role : client.roles) {
    if (!contains(before.roles, role) && !tables::find_role_by_name(tx, role)) {
      return wrong("roles", "There is no role " + quoted(role) + ".");
    }
  }
  for (const std::string& resource : client.resources) {
    if (!contains(before.resources, resource) && !tables::resources.find(tx, resource)) {
      return wrong("resources", "There is no resource " + quoted(resource) +
                                    "; add it first (authd resource add).");
    }
  }
  return {};
}

}  // namespace

bool is_scope(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
}

Result<void> check_client_id(std::string_view id) {
  if (id == kFirstParty) {
    return wrong("client_id", "This is the name of the server itself in its own tokens.");
  }
  // A token of the client itself has its id as subject (RFC 9700 section 4.15).
  if (is_uuid(id)) {
    return wrong("client_id", "A client id must not look like the subject of a person (a UUID).");
  }
  if (config::is_client_id(id)) return {};
  return wrong("client_id",
               "A client id has 3 to 64 letters, digits, \"_\" and \"-\", and does not begin with "
               "\"-\".");
}

Result<std::string> parse_shown_name(std::string_view text, std::string_view field) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  std::string name = TRY(parse_person_name(text, field));
  if (name.empty()) return wrong(field, "A name is needed, for people.");
  return name;
}

Result<void> check_members(const Client& client) {
  TRY(parse_shown_name(client.name, "name"));
  TRY(check_sizes(client));
  TRY(check_addresses(client));
  TRY(check_replica(client));
  TRY(check_grants(client));
  TRY(check_limits(client));
  TRY(check_client_keys(client));
  TRY(check_sector(client));
  TRY(check_profile(client));
  const size_t most = is_strangers(client) ? kMaxStrangersRow : kMaxClientRow;
  if (tables::encode_row(client).size() <= most) return {};
  return wrong("redirect_uris", "All members of a client together have at most " +
                                    std::to_string(most >> 10) + " KiB.");
}

Result<void> check_client(store::Reader& tx, const Client& client, const Client& before) {
  TRY(check_members(client));
  return check_references(tx, client, before);
}

std::vector<std::string> client_warnings(const config::Realm& realm, const Client& client) {
  std::vector<std::string> warnings;
  if (client.pkce_optional) {
    warnings.emplace_back(
        "PKCE is optional for it: a stolen code can be used elsewhere if the application does not "
        "send a challenge.");
  }
  for (const std::string& uri : client.redirect_uris) {
    if (client.is_public && is_unprovable(uri)) {
      warnings.push_back("Any program on a person's device can receive what goes to " + uri +
                         ", so people are asked every time.");
    }
  }
  const bool is_for_people =
      has_grant_type(client, kCodeGrant) || has_grant_type(client, kDeviceGrant);
  if (!client.scopes.empty() && !contains(client.scopes, kOpenidScope) && is_for_people) {
    warnings.emplace_back("Its scopes lack openid, so it gets no ID tokens.");
  }
  if (client.is_pairwise) {
    warnings.push_back("Its subjects are those of the sector " + sector_of(client) +
                       ". Whoever used it before it became pairwise, or before its redirect "
                       "addresses moved to another host, is somebody new to the application.");
  }
  for (const std::string& scope : client.scopes) {
    if (!is_supported_scope(realm, scope)) {
      warnings.push_back(
          "Its scope " + scope +
          " is not a standard one: it means something only to programs that read it in tokens.");
    }
  }
  return warnings;
}

}  // namespace authd::auth
