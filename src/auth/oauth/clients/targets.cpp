#include "auth/oauth/clients/targets.h"

#include <algorithm>

#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/keyring.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxIdentifier = 400;  // bytes; keys of rows have less than 512

Error invalid_target(const std::string& identifier) {
  return refused(ErrorCode::malformed, "invalid_target",
                 "This client gets no tokens for the resource \"" + identifier +
                     "\": it is not registered here, or this client may not use it.");
}

Milliseconds milliseconds(uint64_t count) {
  return Milliseconds(static_cast<int64_t>(count));
}

}  // namespace

Result<std::vector<tables::Resource>> resources_for(store::Reader& tx, const tables::Client& client,
                                                    const std::vector<std::string>& identifiers) {
  std::vector<tables::Resource> rows;
  if (identifiers.size() > kMaxResources) {
    return refused(ErrorCode::malformed, "invalid_target",
                   "There are more than 10 resources in one request.");
  }
  for (const std::string& identifier : identifiers) {
    std::optional<tables::Resource> row;
    // People decide about clients that nobody here has looked at: the consent names the resource.
    const bool is_allowed = is_strangers(client) || contains(client.resources, identifier);
    if (identifier.size() <= kMaxIdentifier && is_allowed) {
      row = tables::resources.find(tx, identifier);
    }
    if (!row) return invalid_target(identifier);
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::vector<std::string>> narrowed_resources(const std::vector<std::string>& granted,
                                                    const std::vector<std::string>& wanted) {
  if (wanted.empty()) return granted;
  for (const std::string& one : wanted) {
    if (!contains(granted, one)) return invalid_target(one);
  }
  return wanted;
}

Result<std::vector<std::string>> narrowed_scopes(const std::vector<std::string>& granted,
                                                 std::string_view scope) {
  if (scope.empty()) {
    std::vector<std::string> each;
    for (const std::string& one : granted) {
      if (!contains(each, one)) each.push_back(one);
    }
    return each;
  }
  std::vector<std::string> wanted = words_in(scope);
  for (const std::string& one : wanted) {
    if (!contains(granted, one)) {
      return refused(ErrorCode::malformed, "invalid_scope", "A scope here was not granted before.");
    }
  }
  return wanted;
}

Seconds access_life(const config::Config& config, const tables::Client& client,
                    const std::vector<tables::Resource>& resources) {
  Milliseconds life =
      client.access_ttl_ms == 0 ? config.tokens.access_ttl : milliseconds(client.access_ttl_ms);
  for (const tables::Resource& resource : resources) {
    if (resource.access_ttl_ms != 0) life = std::min(life, milliseconds(resource.access_ttl_ms));
  }
  return std::min(std::chrono::floor<Seconds>(life), kMaxAccessTokenLife);
}

Milliseconds refresh_life(const config::Config& config, const tables::Client& client) {
  return client.refresh_ttl_ms == 0 ? config.tokens.refresh_ttl
                                    : milliseconds(client.refresh_ttl_ms);
}

}  // namespace authd::auth
