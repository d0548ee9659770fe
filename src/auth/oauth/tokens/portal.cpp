#include "auth/oauth/tokens/portal.h"

#include <algorithm>

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grants.h"
#include "base/encoding.h"
#include "base/text.h"

namespace authd::auth {
namespace {

bool begins_sign_ins(const tables::Client& client) {
  return !client.initiate_login_uri.empty() && has_grant_type(client, kCodeGrant);
}

bool is_tile(const tables::Client& client) {
  const bool is_link =
      begins_sign_ins(client) || (!client.client_uri.empty() && has_grant_type(client, kCodeGrant));
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

std::string launch_address(const Services& s, const tables::Client& client) {
  if (!begins_sign_ins(client)) return client.client_uri;
  std::string address = client.initiate_login_uri;
  address += address.find('?') == std::string::npos ? '?' : '&';
  address += "iss=" + percent_encode(s.config.tokens.issuer);
  if (!client.client_uri.empty())
    address += "&target_link_uri=" + percent_encode(client.client_uri);
  return address;
}

}  // namespace authd::auth
