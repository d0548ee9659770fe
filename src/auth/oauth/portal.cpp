#include "auth/oauth/portal.h"

#include <algorithm>

#include "auth/oauth/clients.h"
#include "auth/oauth/grants.h"
#include "auth/oauth/words.h"
#include "base/text.h"

namespace authd::auth {

Result<std::vector<tables::Client>> portal_of(const Services& s,
                                              const std::vector<std::string>& roles) {
  std::vector<tables::Client> all = TRY(list_clients(s));
  std::erase_if(all, [&](const tables::Client& client) {
    return client.disabled || client.client_uri.empty() || !has_grant_type(client, kCodeGrant) ||
           !has_role_for(client, roles);
  });
  std::sort(all.begin(), all.end(), [](const tables::Client& a, const tables::Client& b) {
    return std::pair(lower(a.name), a.id) < std::pair(lower(b.name), b.id);
  });
  return all;
}

}  // namespace authd::auth
