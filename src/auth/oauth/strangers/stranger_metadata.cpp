#include "auth/oauth/strangers/stranger_metadata.h"

#include <algorithm>
#include <vector>

#include "auth/oauth/clients/client_members.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "base/text.h"
#include "fetch/reach.h"

namespace authd::auth {
namespace {

using tables::Client;

// What changes_from_metadata() reads as it stands.
constexpr auto kPlain = std::to_array<std::string_view>({
    "client_name",
    "redirect_uris",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "token_endpoint_auth_method",
    "jwks_uri",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "client_uri",
    "initiate_login_uri",
    "policy_uri",
    "tos_uri",
});

// Addresses that this server itself asks.
constexpr auto kAsked = std::to_array<std::string_view>(
    {"backchannel_logout_uri", "jwks_uri", "sector_identifier_uri"});

constexpr size_t kMaxName = 100;  // bytes, of a name that is made from an address

struct Name {
  std::string_view member;
  std::string_view metadata;
};
// Members of the row that have another name in RFC 7591.
constexpr auto kNames = std::to_array<Name>({
    {"name", "client_name"},
    {"scopes", "scope"},
    {"public", "token_endpoint_auth_method"},
    {"max_age", "default_max_age"},
});

Error wrong(std::string_view name, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(name)};
}

bool says(const JsonObject& metadata, std::string_view name) {
  return metadata.has(name) && !metadata.is_null(name);
}

// The part of the metadata that is read as it stands.
Result<JsonObject> plain_part(const JsonObject& metadata) {
  JsonWriter json;
  json.begin_object();
  for (const std::string_view name : kPlain) {
    if (!says(metadata, name)) continue;
    json.key(name);
    metadata.write(name, json);
  }
  json.end_object();
  return JsonObject::parse(json.take());
}

// The defaults of what strangers set (RFC 7591 section 2).
void reset(Client& client) {
  const Client fresh;
  client.name = fresh.name;
  client.redirect_uris = fresh.redirect_uris;
  client.post_logout_redirect_uris = fresh.post_logout_redirect_uris;
  client.backchannel_logout_uri = fresh.backchannel_logout_uri;
  client.auth_method = fresh.auth_method;
  client.is_public = fresh.is_public;
  client.jwks = fresh.jwks;
  client.jwks_uri = fresh.jwks_uri;
  client.requires_par = fresh.requires_par;
  client.requires_jar = fresh.requires_jar;
  client.requires_dpop = fresh.requires_dpop;
  client.id_token_algorithm = fresh.id_token_algorithm;
  client.userinfo_algorithm = fresh.userinfo_algorithm;
  client.is_pairwise = fresh.is_pairwise;
  client.sector_identifier_uri = fresh.sector_identifier_uri;
  client.client_uri = fresh.client_uri;
  client.initiate_login_uri = fresh.initiate_login_uri;
  client.policy_uri = fresh.policy_uri;
  client.tos_uri = fresh.tos_uri;
  client.scopes = fresh.scopes;
  client.max_age_ms = fresh.max_age_ms;
}

bool may_have(const Client& client, std::string_view grant) {
  return grant != kDeviceGrant || client.origin == kTokenOrigin;
}

Result<void> read_grants(Client& client, const JsonObject& metadata) {
  client.grant_types = {std::string(kCodeGrant)};
  client.always_refresh = false;
  if (says(metadata, "response_types")) {
    const auto types = TRY(metadata.optional_strings("response_types"));
    const bool is_code = types && (types->empty() || contains(*types, "code"));
    if (!is_code) {
      return wrong("response_types", "This server supports only the code flow: \"code\".");
    }
  }
  if (!says(metadata, "grant_types")) return {};
  client.grant_types.clear();
  const auto wanted = TRY(metadata.optional_strings("grant_types"));
  for (const std::string_view grant : kStrangersGrants) {
    if (wanted && contains(*wanted, grant) && may_have(client, grant))
      client.grant_types.emplace_back(grant);
  }
  const bool is_for_people =
      has_grant_type(client, kCodeGrant) || has_grant_type(client, kDeviceGrant);
  if (!is_for_people) {
    return wrong("grant_types",
                 "A client that registers itself signs people in: authorization_code, or with an "
                 "initial access token urn:ietf:params:oauth:grant-type:device_code.");
  }
  // Such clients ask for no offline_access and count on a refresh token. Without that scope it ends
  // with the browser session.
  client.always_refresh = has_grant_type(client, kRefreshGrant);
  // Devices have no browser to come back.
  if (!has_grant_type(client, kCodeGrant)) client.redirect_uris.clear();
  return {};
}

// Only what this server means by its scopes: those of resources come with these, and any other word
// would be read by somebody who trusts this server.
Result<void> read_scopes(Client& client, const JsonObject& metadata) {
  if (!says(metadata, "scope")) return {};
  for (const std::string& scope : words_in(TRY(metadata.string("scope")))) {
    if (contains(kStandardScopes, scope)) client.scopes.push_back(scope);
  }
  return {};
}

Result<void> read_max_age(Client& client, const JsonObject& metadata) {
  constexpr std::string_view kName = "default_max_age";
  constexpr int64_t kMost = 365 * 24 * 3600;
  if (!says(metadata, kName)) return {};
  const int64_t seconds = TRY(metadata.integer(kName));
  if (seconds < 0) return wrong(kName, "This must be a number of seconds.");
  client.max_age_ms = static_cast<uint64_t>(std::clamp<int64_t>(seconds, 10, kMost)) * 1000;
  return {};
}

// A JWK Set, as an object (RFC 7591 section 2).
Result<void> read_keys(Client& client, const JsonObject& metadata) {
  if (!says(metadata, "jwks")) return {};
  if (!client.jwks_uri.empty()) return wrong("jwks", "Send either \"jwks\" or \"jwks_uri\".");
  static_cast<void>(TRY(metadata.object("jwks")));
  JsonWriter json;
  metadata.write("jwks", json);
  return set_member(client, {"jwks", json.take()});
}

std::string name_in(std::string_view address) {
  const std::string origin = redirect_origin(address);
  const size_t scheme = origin.find("://");
  return scheme == std::string::npos ? origin : origin.substr(scheme + 3);
}

// For the consent page: a client without a name is named after the host of its redirect URI.
void name_it(Client& client) {
  if (!client.name.empty()) return;
  const std::string& address =
      client.redirect_uris.empty() ? client.client_uri : client.redirect_uris.front();
  client.name = name_in(address).substr(0, kMaxName);
  if (client.name.empty()) client.name = "Application";
}

// What the text alone shows; the rest is checked when it is contacted (fetch/reach.h).
Result<void> check_asked(std::string_view name, const std::string& address) {
  if (address.empty() || fetch::https_target(address)) return {};
  return wrong(name, "This must be an https address.");
}

Result<void> set_all(Client& client, const JsonObject& metadata) {
  reset(client);
  for (const ClientChange& change : TRY(changes_from_metadata(TRY(plain_part(metadata)))))
    TRY(set_member(client, change));
  TRY(read_grants(client, metadata));
  TRY(read_scopes(client, metadata));
  TRY(read_max_age(client, metadata));
  TRY(read_keys(client, metadata));
  name_it(client);
  TRY(check_asked(kAsked[0], client.backchannel_logout_uri));
  TRY(check_asked(kAsked[1], client.jwks_uri));
  TRY(check_asked(kAsked[2], client.sector_identifier_uri));
  return check_members(client);
}

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values)
    json.value(value);
  json.end_array();
}

void write_if(JsonWriter& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.field(name, value);
}

void write_if(JsonWriter& json, std::string_view name, bool value) {
  if (value) json.field(name, true);
}

bool is_native(const Client& client) {
  return !client.redirect_uris.empty() &&
         std::all_of(client.redirect_uris.begin(), client.redirect_uris.end(), &is_unprovable);
}

}  // namespace

Result<void> set_strangers_metadata(Client& client, const JsonObject& metadata) {
  const Result<void> done = set_all(client, metadata);
  if (!done) return metadata_error(done.error());
  return {};
}

Error metadata_error(const Error& error) {
  if (error.code != ErrorCode::invalid) return error;
  std::string name = error.field;
  for (const Name& one : kNames) {
    if (one.member == error.field) name = one.metadata;
  }
  const bool is_redirect = name == "redirect_uris";
  std::string message = name.empty() ? error.message : name + ": " + error.message;
  return Error{ErrorCode::malformed, std::move(message), std::move(name),
               std::string(is_redirect ? kInvalidRedirect : kInvalidMetadata)};
}

void write_metadata(JsonWriter& json, const Client& client) {
  json.field("client_name", client.name);
  write_list(json, "redirect_uris", client.redirect_uris);
  write_list(json, "grant_types", client.grant_types);
  json.key("response_types").begin_array();
  if (has_grant_type(client, kCodeGrant)) json.value("code");
  json.end_array();
  const std::string_view secret = client.auth_method.empty() ? kBasicAuth : client.auth_method;
  json.field("token_endpoint_auth_method", client.is_public ? kNoAuth : secret)
      .field("application_type", is_native(client) ? "native" : "web")
      .field("scope", joined(allowed_scopes(client), " "));
  if (!client.jwks.empty()) json.key("jwks").raw(client.jwks);
  write_if(json, "jwks_uri", client.jwks_uri);
  if (!client.post_logout_redirect_uris.empty())
    write_list(json, "post_logout_redirect_uris", client.post_logout_redirect_uris);
  write_if(json, "backchannel_logout_uri", client.backchannel_logout_uri);
  json.field("subject_type", client.is_pairwise ? "pairwise" : "public");
  write_if(json, "sector_identifier_uri", client.sector_identifier_uri);
  json.field("id_token_signed_response_alg", client.id_token_algorithm.empty()
                                                 ? kIdTokenAlgorithms.front()
                                                 : std::string_view(client.id_token_algorithm));
  write_if(json, "userinfo_signed_response_alg", client.userinfo_algorithm);
  if (client.max_age_ms != 0)
    json.field("default_max_age", static_cast<int64_t>(client.max_age_ms / 1000));
  write_if(json, "require_pushed_authorization_requests", client.requires_par);
  write_if(json, "require_signed_request_object", client.requires_jar);
  write_if(json, "dpop_bound_access_tokens", client.requires_dpop);
  write_if(json, "client_uri", client.client_uri);
  write_if(json, "initiate_login_uri", client.initiate_login_uri);
  write_if(json, "policy_uri", client.policy_uri);
  write_if(json, "tos_uri", client.tos_uri);
}

}  // namespace authd::auth
