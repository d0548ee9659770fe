#include "tables/identities.h"

#include "tables/owned.h"

namespace authd::tables {

std::optional<Identity> find_identity(store::Reader& tx, std::string_view provider,
                                      std::string_view subject) {
  if (provider.size() > kMaxProviderName || subject.size() > kMaxSubject) return std::nullopt;
  Identity wanted;
  wanted.provider = provider;
  wanted.subject = subject;
  return identities.find(tx, identities.key_of(wanted));
}

std::optional<Identity> find_identity_of(store::Reader& tx, UserId user,
                                         std::string_view provider) {
  if (provider.size() > kMaxProviderName) return std::nullopt;
  const auto entry = user_identities.find(tx, big_endian(user.value) + std::string(provider));
  return entry ? find_identity(tx, provider, entry->subject) : std::nullopt;
}

void put_identity(store::WriteTxn& tx, const Identity& identity) {
  identities.put(tx, identity);
}

void delete_identity(store::WriteTxn& tx, const Identity& identity) {
  identities.remove(tx, identity);
}

std::vector<Identity> identities_of(store::ReadTxn& tx, UserId user) {
  return rows_of(tx, identities, user);
}

}  // namespace authd::tables
