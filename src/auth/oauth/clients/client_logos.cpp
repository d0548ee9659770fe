#include "auth/oauth/clients/client_logos.h"

#include <algorithm>

#include "auth/accounts/profile/avatars.h"
#include "auth/core/audit/audit.h"
#include "auth/oauth/clients/clients.h"

namespace authd::auth {
namespace {

Error no_client() {
  return Error{ErrorCode::not_found, "There is no such client."};
}

Result<tables::Client> change_logo(const Services& s, std::string_view id,
                                   const tables::Avatar& logo, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Client> {
    std::optional<tables::Client> client = find_client(tx, id);
    if (!client) return no_client();
    TRY(check_editable(*client));
    if (client->logo_version == logo.version) {
      remove_stale_logo(tx, *client);
      return std::move(*client);
    }
    put_client_logo(tx, *client, logo);
    // A logo vouches for what the client is called and where it sends people, so it can no longer
    // change that itself (client_registration.h).
    client->registration_hash.clear();
    client->updated_at = std::max(now, client->updated_at + Milliseconds(1));
    tables::clients.put(tx, *client);
    audit(s, tx, origin, {"client_changed", std::nullopt, "ok", id, "logo"}, now);
    return std::move(*client);
  });
}

}  // namespace

std::string logo_path(const tables::Client& client) {
  if (client.logo_version.empty()) return "";
  return "/oauth2/clients/" + client.id + "/logo?v=" + client.logo_version;
}

bool is_client_logo(std::string_view jpeg) {
  return is_avatar(jpeg);
}

tables::Avatar client_logo_of(std::string jpeg, Time now) {
  tables::Avatar logo;
  logo.version = avatar_version(jpeg);
  logo.jpeg = std::move(jpeg);
  logo.changed_at = now;
  return logo;
}

void put_client_logo(store::WriteTxn& tx, tables::Client& client, const tables::Avatar& logo) {
  client.logo_version = logo.version;
  if (logo.jpeg.empty()) {
    tables::client_logos.del(tx, client.id);
  } else {
    tables::client_logos.put(tx, client.id, logo);
  }
}

void remove_stale_logo(store::WriteTxn& tx, const tables::Client& client) {
  if (!client.logo_version.empty()) return;
  const bool is_there = tx.look(tables::client_logos.full_key(client.id), [](std::string_view) {});
  if (is_there) tables::client_logos.del(tx, client.id);
}

Result<tables::Client> set_client_logo(const Services& s, std::string_view id,
                                       std::string_view file, const Origin& origin) {
  std::string jpeg = TRY(s.images.to_avatar(file));
  return change_logo(s, id, client_logo_of(std::move(jpeg), s.clock.now()), origin);
}

Result<tables::Client> remove_client_logo(const Services& s, std::string_view id,
                                          const Origin& origin) {
  return change_logo(s, id, {}, origin);
}

Result<tables::Avatar> find_client_logo(const Services& s, std::string_view id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<tables::Avatar> {
    const std::optional<tables::Client> client = find_client(tx, id);
    if (!client) return no_client();
    std::optional<tables::Avatar> logo = tables::client_logos.find(tx, id);
    // Not the picture of a former client of this id (remove_stale_logo).
    if (logo && logo->version == client->logo_version) return std::move(*logo);
    return Error{ErrorCode::not_found, "The client has no logo."};
  });
}

}  // namespace authd::auth
