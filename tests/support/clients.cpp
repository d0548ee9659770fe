#include "support/clients.h"

namespace authd::test {

tables::Client put_client(Instance& t, const std::string& id,
                          const std::function<void(tables::Client&)>& change) {
  tables::Client client;
  client.id = id;
  client.name = "Application " + id;
  client.created_at = t.clock.now();
  client.redirect_uris = {"https://" + id + ".example/callback"};
  client.grant_types = {"authorization_code", "refresh_token"};
  client.secret_hash = crypto::sha256("the secret of " + id);
  if (change) change(client);
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::clients.put(tx, client);
    return {};
  }));
  return client;
}

tables::Grant put_grant(Instance& t, const tables::User& user, const std::string& client,
                        const std::function<void(tables::Grant&)>& change) {
  tables::Grant grant;
  grant.id = t.random.bytes(16);
  grant.user = user.id;
  grant.client = client;
  grant.epoch = user.session_epoch;
  grant.scopes = {"openid", "groups"};
  grant.created_at = t.clock.now();
  grant.auth_time = t.clock.now();
  grant.amr = {"pwd"};
  grant.expires_at = t.clock.now() + std::chrono::hours(24);
  grant.is_open = true;
  if (change) change(grant);
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::grants.put(tx, grant);
    return {};
  }));
  return grant;
}

}  // namespace authd::test
