#include "auth/oauth/clients/client_members.h"

#include <algorithm>
#include <array>

#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/protocol/key_set.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/reading/values.h"

namespace authd::auth {
namespace {

using tables::Client;
using Kind = ClientMember::Kind;

// Where the row has each, in the order of the list.
struct Place {
  std::string_view name;
  decltype(ClientMember::member) member;
};
constexpr auto kPlaces = std::to_array<Place>({
    {"name", &Client::name},
    {"description", &Client::description},
    {"redirect_uris", &Client::redirect_uris},
    {"post_logout_redirect_uris", &Client::post_logout_redirect_uris},
    {"backchannel_logout_uri", &Client::backchannel_logout_uri},
    {"grant_types", &Client::grant_types},
    {"public", &Client::is_public},
    {"token_endpoint_auth_method", &Client::auth_method},
    {"jwks", &Client::jwks},
    {"jwks_uri", &Client::jwks_uri},
    {"federated_identities", &Client::federated_identities},
    {"profile", &Client::is_fapi},
    {"pkce", &Client::pkce_optional},
    {"require_pushed_authorization_requests", &Client::requires_par},
    {"require_signed_request_object", &Client::requires_jar},
    {"dpop_bound_access_tokens", &Client::requires_dpop},
    {"scopes", &Client::scopes},
    {"roles", &Client::roles},
    {"consent", &Client::skips_consent},
    {"required_acr", &Client::required_acr},
    {"max_age", &Client::max_age_ms},
    {"networks", &Client::networks},
    {"id_token_signed_response_alg", &Client::id_token_algorithm},
    {"id_token_claims", &Client::id_token_claims},
    {"userinfo_signed_response_alg", &Client::userinfo_algorithm},
    {"subject_type", &Client::is_pairwise},
    {"sector_identifier_uri", &Client::sector_identifier_uri},
    {"groups", &Client::groups},
    {"group_names", &Client::group_names},
    {"group_separator", &Client::group_separator},
    {"access_ttl", &Client::access_ttl_ms},
    {"refresh_ttl", &Client::refresh_ttl_ms},
    {"always_refresh", &Client::always_refresh},
    {"resources", &Client::resources},
    {"audiences", &Client::audiences},
    {"replica", &Client::is_replica},
    {"client_uri", &Client::client_uri},
    {"initiate_login_uri", &Client::initiate_login_uri},
    {"policy_uri", &Client::policy_uri},
    {"tos_uri", &Client::tos_uri},
    {"disabled", &Client::disabled},
});

constexpr bool is_complete() {
  return std::equal(kPlaces.begin(), kPlaces.end(), config::kClientMembers.begin(),
                    config::kClientMembers.end(),
                    [](const Place& place, const config::ClientMember& member) {
                      return place.name == member.name;
                    });
}
static_assert(is_complete());

constexpr auto kMembers = [] {
  std::array<ClientMember, kPlaces.size()> all{};
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = {config::kClientMembers[i], kPlaces[i].member};
  return all;
}();

Error wrong(std::string_view name, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(name)};
}

Error unknown(std::string_view name) {
  const std::string near = nearest_of(name, kMembers, &ClientMember::name);
  std::string message = "A client has no member \"" + std::string(name.substr(0, 100)) + "\"";
  message += near.empty() ? "." : did_you_mean(near);
  return wrong(name, std::move(message));
}

template <typename T>
T& row_member(Client& client, const ClientMember& member) {
  return client.*std::get<T Client::*>(member.member);
}

template <typename T>
const T& row_member(const Client& client, const ClientMember& member) {
  return client.*std::get<T Client::*>(member.member);
}

Result<bool> flag_of(const ClientMember& member, const MemberValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  const std::string* text = std::get_if<std::string>(&value);
  const std::string_view off = member.kind == Kind::choice ? member.off : "false";
  const std::string_view on = member.kind == Kind::choice ? member.on : "true";
  if (text != nullptr && (*text == off || *text == on)) return *text == on;
  return wrong(member.name, "This must be " + std::string(off) + " or " + std::string(on) + ".");
}

Result<uint64_t> milliseconds_of(const ClientMember& member, const MemberValue& value) {
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return wrong(member.name, "This must be a duration such as \"15m\".");
  if (text->empty()) return uint64_t{0};
  const Result<Milliseconds> parsed = config::parse_duration(*text);
  if (!parsed) return wrong(member.name, "This must be a duration such as \"15m\".");
  return static_cast<uint64_t>(parsed->count());
}

Result<std::string> text_of(const ClientMember& member, const MemberValue& value) {
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return wrong(member.name, "This must be a text.");
  return member.name == "jwks" ? compact_key_set(*text) : *text;
}

// A value of a list, as the row has it.
std::string spelled_out(const ClientMember& member, std::string value) {
  if (member.name != "grant_types") return value;
  if (value == kShortDeviceGrant) return std::string(kDeviceGrant);
  if (value == kShortExchangeGrant) return std::string(kExchangeGrant);
  return value;
}

Result<std::vector<std::string>> list_of(const ClientMember& member, const MemberValue& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (list == nullptr) return wrong(member.name, "This must be a list of texts.");
  std::vector<std::string> each;
  for (const std::string& text : *list) {
    if (text.empty()) return wrong(member.name, "A value here is empty.");
    std::string one = spelled_out(member, text);
    if (!contains(each, one)) each.push_back(std::move(one));
  }
  return each;
}

// Empty means that anybody may enter, from anywhere.
bool is_restriction(const ClientMember& member) {
  return member.name == "roles" || member.name == "networks";
}

Result<void> change_list(std::vector<std::string>& list, const ClientMember& member,
                         const ClientChange& change) {
  if (change.how == ClientChange::How::set) {
    list = TRY(list_of(member, change.value));
    return {};
  }
  const std::string text = TRY(text_of(member, change.value));
  const std::string value = spelled_out(member, text);
  if (change.how == ClientChange::How::add) {
    if (value.empty()) return wrong(member.name, "A value here is empty.");
    if (!contains(list, value)) list.push_back(value);
    return {};
  }
  if (std::erase(list, value) == 0) {
    return wrong(member.name, "\"" + value + "\" is not in " + change.name + ".");
  }
  if (!list.empty() || !is_restriction(member)) return {};
  return wrong(member.name,
               "This was the last one, and without any the client lets everybody in. "
               "If that is what you want, use " +
                   change.name + "=");
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::find(text.begin(), text.end(), ',');
    parts.emplace_back(text.begin(), comma);
    text = std::string_view(comma == text.end() ? comma : comma + 1, text.end());
  }
  return parts;
}

Result<MemberValue> value_from_json(const JsonObject& form, const ClientMember& member) {
  switch (member.kind) {
    case Kind::list: {
      if (is_restriction(member) && form.is_null(member.name)) {
        return wrong(member.name, "This must be a list; [] lets everybody in.");
      }
      const auto list = TRY(form.optional_strings(member.name));
      return MemberValue(list.value_or(std::vector<std::string>{}));
    }
    case Kind::flag: return MemberValue(TRY(form.optional_boolean(member.name)).value_or(false));
    case Kind::choice:
      return MemberValue(TRY(form.optional_string(member.name)).value_or(std::string(member.off)));
    case Kind::text:
    case Kind::duration: return MemberValue(TRY(form.optional_string(member.name)).value_or(""));
  }
  __builtin_unreachable();
}

// Members of RFC 7591 that describe the client for other servers, or say what holds anyway: every
// logout token has a `sid`.
constexpr auto kPassedOver = std::to_array<std::string_view>(
    {"client_id", "client_secret", "client_id_issued_at", "contacts", "logo_uri", "software_id",
     "software_version", "application_type", "backchannel_logout_session_required"});

// With what it signs: its key says that.
constexpr auto kSigningAlgorithms = std::to_array<std::string_view>(
    {"token_endpoint_auth_signing_alg", "request_object_signing_alg"});

struct OnlyValue {
  std::string_view name;
  std::string_view value;
};
// What this server always does.
constexpr std::array kOnlyValues = {OnlyValue{"response_types", "code"}};

Result<void> check_only_value(const JsonObject& metadata, const OnlyValue& only) {
  const Result<std::vector<std::string>> values = metadata.string_or_strings(only.name);
  const bool is_it = values && values->size() == 1 && values->front() == only.value;
  if (is_it) return {};
  return wrong(only.name, "This server knows only \"" + std::string(only.value) + "\" here.");
}

// nullopt for what this server does anyway.
Result<std::optional<ClientChange>> change_from_metadata(const JsonObject& metadata,
                                                         const std::string& name) {
  using Change = std::optional<ClientChange>;
  const auto* only = std::find_if(kOnlyValues.begin(), kOnlyValues.end(),
                                  [&](const OnlyValue& one) { return one.name == name; });
  if (only != kOnlyValues.end()) {
    TRY(check_only_value(metadata, *only));
    return Change();
  }
  if (name == "client_secret_expires_at") {
    if (TRY(metadata.integer(name)) == 0) return Change();
    return wrong(name,
                 "A secret that is created with its client does not expire (0). For one that does, "
                 "add another secret and revoke this one.");
  }
  if (contains(kSigningAlgorithms, name)) {
    if (contains(kClientAlgorithms, TRY(metadata.string(name)))) return Change();
    return wrong(name, "This must be one of " + joined(kClientAlgorithms, ", ") + ".");
  }
  if (name == "scope") {
    const std::string scope = TRY(metadata.string(name));
    return Change({"scopes", words_in(scope)});
  }
  if (name == "token_endpoint_auth_method" && TRY(metadata.string(name)) == kNoAuth) {
    return Change({"public", true});
  }
  if (name == "jwks") {
    // An object there, a text in the row.
    TRY(metadata.object(name));
    JsonWriter json;
    metadata.write(name, json);
    return Change({name, json.take()});
  }
  const ClientMember* member = find_client_member(name == "client_name" ? "name" : name);
  if (member == nullptr) {
    return wrong(name, "This server does not know the metadata \"" + name + "\".");
  }
  if (name == "client_name") {
    std::string text = TRY(metadata.string(name));
    return Change({"name", std::move(text)});
  }
  MemberValue value = TRY(value_from_json(metadata, *member));
  return Change({name, std::move(value)});
}

}  // namespace

std::span<const ClientMember> client_members() {
  return kMembers;
}

const ClientMember* find_client_member(std::string_view name) {
  const auto* found = std::find_if(kMembers.begin(), kMembers.end(),
                                   [&](const ClientMember& one) { return one.name == name; });
  return found == kMembers.end() ? nullptr : found;
}

MemberValue value_of(const Client& client, const ClientMember& member) {
  switch (member.kind) {
    case Kind::text: return row_member<std::string>(client, member);
    case Kind::list: return row_member<std::vector<std::string>>(client, member);
    case Kind::flag: return row_member<bool>(client, member);
    case Kind::choice:
      return std::string(row_member<bool>(client, member) ? member.on : member.off);
    case Kind::duration: {
      const auto count = static_cast<int64_t>(row_member<uint64_t>(client, member));
      return config::format_duration(Milliseconds(count));
    }
  }
  __builtin_unreachable();
}

Result<void> set_member(Client& client, const ClientChange& change) {
  const ClientMember* member = find_client_member(change.name);
  if (member == nullptr) return unknown(change.name);
  if (change.how != ClientChange::How::set && member->kind != Kind::list) {
    return wrong(member->name, "This is not a list; use " + change.name + "=VALUE.");
  }
  switch (member->kind) {
    case Kind::text:
      row_member<std::string>(client, *member) = TRY(text_of(*member, change.value));
      return {};
    case Kind::list:
      return change_list(row_member<std::vector<std::string>>(client, *member), *member, change);
    case Kind::flag:
    case Kind::choice:
      row_member<bool>(client, *member) = TRY(flag_of(*member, change.value));
      return {};
    case Kind::duration:
      row_member<uint64_t>(client, *member) = TRY(milliseconds_of(*member, change.value));
      return {};
  }
  __builtin_unreachable();
}

Result<void> set_members(Client& client, const std::vector<ClientChange>& changes) {
  for (const ClientChange& change : changes)
    TRY(set_member(client, change));
  client.name = TRY(parse_shown_name(client.name, "name"));
  return {};
}

Result<Client> client_with(const std::vector<ClientChange>& members) {
  Client client;
  TRY(set_members(client, members));
  const bool names_grants =
      std::any_of(members.begin(), members.end(),
                  [](const ClientChange& change) { return change.name == "grant_types"; });
  if (!names_grants && !client.redirect_uris.empty()) {
    client.grant_types = {std::string(kCodeGrant), std::string(kRefreshGrant)};
  }
  return client;
}

Result<ClientChange> change_from_text(std::string_view name, std::string_view text) {
  const ClientMember* member = find_client_member(name);
  if (member == nullptr) return unknown(name);
  ClientChange change{std::string(name), std::string(text)};
  if (member->kind == Kind::list) change.value = split(text);
  return change;
}

Result<std::vector<ClientChange>> changes_from_json(const JsonObject& form,
                                                    std::span<const std::string_view> others) {
  std::vector<ClientChange> changes;
  for (const std::string& name : form.keys()) {
    if (contains(others, name)) continue;
    const ClientMember* member = find_client_member(name);
    if (member == nullptr) return unknown(name);
    MemberValue value = TRY(value_from_json(form, *member));
    changes.push_back({name, std::move(value)});
  }
  return changes;
}

Result<std::vector<ClientChange>> changes_from_metadata(const JsonObject& metadata) {
  std::vector<ClientChange> changes;
  for (const std::string& name : metadata.keys()) {
    // "client_name#de" is the name in German (section 2.2).
    if (contains(kPassedOver, name) || name.find('#') != std::string::npos) continue;
    std::optional<ClientChange> change = TRY(change_from_metadata(metadata, name));
    if (change) changes.push_back(std::move(*change));
  }
  return changes;
}

void write_value(JsonWriter& json, const MemberValue& value) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    json.begin_array();
    for (const std::string& one : *list)
      json.value(one);
    json.end_array();
  } else if (const bool* flag = std::get_if<bool>(&value)) {
    json.value(*flag);
  } else {
    json.value(std::get<std::string>(value));
  }
}

void write_members(JsonWriter& json, const Client& client) {
  for (const ClientMember& member : kMembers) {
    json.key(member.name);
    write_value(json, value_of(client, member));
  }
}

}  // namespace authd::auth
