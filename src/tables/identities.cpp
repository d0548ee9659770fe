#include "tables/identities.h"

namespace authd::tables {
namespace {

// No provider's name holds a NUL, so no two pairs have one key.
std::string identity_key(std::string_view provider, std::string_view subject) {
  std::string key(provider);
  key += '\0';
  key += subject;
  return key;
}

std::string index_key(UserId user, std::string_view provider) {
  return big_endian(user.value) + std::string(provider);
}

}  // namespace

std::optional<Identity> find_identity(store::Reader& tx, std::string_view provider,
                                      std::string_view subject) {
  if (provider.size() > kMaxProviderName || subject.size() > kMaxSubject) return std::nullopt;
  return identities.find(tx, identity_key(provider, subject));
}

std::optional<Identity> find_identity_of(store::Reader& tx, UserId user,
                                         std::string_view provider) {
  if (provider.size() > kMaxProviderName) return std::nullopt;
  const std::optional<IdentityKey> entry = user_identities.find(tx, index_key(user, provider));
  return entry ? find_identity(tx, provider, entry->subject) : std::nullopt;
}

void put_identity(store::WriteTxn& tx, const Identity& identity) {
  identities.put(tx, identity_key(identity.provider, identity.subject), identity);
  user_identities.put(tx, index_key(identity.user, identity.provider),
                      IdentityKey{identity.subject, {}});
}

void delete_identity(store::WriteTxn& tx, const Identity& identity) {
  identities.del(tx, identity_key(identity.provider, identity.subject));
  user_identities.del(tx, index_key(identity.user, identity.provider));
}

std::vector<Identity> identities_of(store::ReadTxn& tx, UserId user) {
  std::vector<Identity> found;
  const std::string prefix = big_endian(user.value);
  user_identities.scan(
      tx, prefix, end_of_prefix(prefix), [&](std::string_view key, const IdentityKey& entry) {
        if (auto identity = find_identity(tx, key.substr(prefix.size()), entry.subject)) {
          found.push_back(std::move(*identity));
        }
        return true;
      });
  return found;
}

}  // namespace authd::tables
