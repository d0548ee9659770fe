#include "auth/oauth/tokens/portal.h"

#include <algorithm>

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grants.h"
#include "base/text.h"

namespace authd::auth {
namespace {

bool is_tile(const tables::Client& client) {
  const bool is_link = !client.client_uri.empty() && has_grant_type(client, kCodeGrant);
  return !client.disabled && client.origin.empty() && (is_link || is_bookmark(client));
}

}  // namespace

Result<std::vector<tables::Client>> portal_of(const Services& s,
                                              const std::vector<std::string>& roles) {
  std::vector<tables::Client> all = TRY(list_clients(s));
  std::erase_if(all, [&](const tables::Client& client) {
    return !is_tile(client) || !has_role_for(client, roles);
  });
  std::sort(all.begin(), all.end(), [](const tables::Client& a, const tables::Client& b) {
    return std::pair(lower(a.name), a.id) < std::pair(lower(b.name), b.id);
  });
  return all;
}

}  // namespace authd::auth
