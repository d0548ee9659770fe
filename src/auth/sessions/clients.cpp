#include "auth/sessions/clients.h"

#include "auth/core/audit.h"
#include "auth/core/identifiers.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr size_t kIdBytes = 9;
constexpr size_t kSecretBytes = 32;
constexpr size_t kMaxIdText = 64;

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

Result<std::vector<tables::Client>> list_clients(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<std::vector<tables::Client>> {
    std::vector<tables::Client> found;
    tables::clients.scan(tx, "", "", [&](std::string_view, tables::Client client) {
      found.push_back(std::move(client));
      return true;
    });
    return found;
  });
}

Result<void> delete_client(const Services& s, std::string_view id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (id.size() > kMaxIdText || !tables::clients.find(tx, id)) {
      return Error{ErrorCode::not_found, "There is no client \"" + std::string(id) + "\"."};
    }
    tables::clients.del(tx, id);
    audit(s, tx, origin, {"client_removed", UserId{}, "ok", id}, now);
    return {};
  });
}

Error invalid_client() {
  return refused(ErrorCode::unauthenticated, "invalid_client",
                 "The client id or the client secret is wrong.");
}

Result<Program> authenticate_client(const Services& s, std::string_view id,
                                    const ClientSecret& secret) {
  std::optional<tables::Client> client =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::Client>> {
        if (id.empty() || id.size() > kMaxIdText) return std::optional<tables::Client>{};
        return tables::clients.find(tx, id);
      }));
  const std::string presented = crypto::sha256(secret.reveal());
  const std::string expected = client ? client->secret_hash : std::string(presented.size(), '\0');
  const bool matches = equal_constant_time(presented, expected);
  if (!client || !matches) return invalid_client();
  return Program{std::move(*client)};
}

}  // namespace authd::auth
