#include "auth/oauth/client_admin.h"

#include "auth/core/audit.h"
#include "auth/core/identifiers.h"
#include "base/encoding.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr size_t kIdBytes = 9;
constexpr size_t kSecretBytes = 32;

// Prefixes that a scanner for leaked secrets can look for.
constexpr std::string_view kIdPrefix = "authd_client_";
constexpr std::string_view kSecretPrefix = "authd_secret_";

}  // namespace

Result<MadeClient> add_client(const Services& s, std::string_view name, const Origin& origin) {
  MadeClient made;
  made.client.name = TRY(parse_person_name(name, "name"));
  if (made.client.name.empty()) {
    return Error{ErrorCode::invalid, "A client needs a name.", "name"};
  }
  if (TRY(list_clients(s)).size() >= kMaxClients) {
    return Error{ErrorCode::invalid, "There are already 1000 clients, which is the maximum."};
  }
  made.client.id = std::string(kIdPrefix) + hex_encode(s.random.bytes(kIdBytes));
  made.secret =
      ClientSecret(std::string(kSecretPrefix) + base64url_encode(s.random.bytes(kSecretBytes)));
  made.client.secret_hash = crypto::sha256(made.secret.reveal());
  made.client.created_at = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::clients.put(tx, made.client.id, made.client);
    audit(s, tx, origin, {"client_added", UserId{}, "ok", made.client.id}, made.client.created_at);
    return {};
  }));
  return made;
}

Result<void> delete_client(const Services& s, std::string_view id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (!find_client(tx, id)) {
      return Error{ErrorCode::not_found, "There is no client \"" + std::string(id) + "\"."};
    }
    tables::clients.del(tx, id);
    audit(s, tx, origin, {"client_removed", UserId{}, "ok", id}, now);
    return {};
  });
}

}  // namespace authd::auth
