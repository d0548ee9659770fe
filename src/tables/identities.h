// Identities at providers and their users. A user has at most one identity at each provider.
#pragma once

#include <vector>

#include "tables/schema.h"

namespace authd::tables {

inline constexpr size_t kMaxProviderName = 32;
inline constexpr size_t kMaxSubject = 255;  // OpenID Connect Core section 2, "sub"

std::optional<Identity> find_identity(store::Reader& tx, std::string_view provider,
                                      std::string_view subject);

// The user's identity at the provider.
std::optional<Identity> find_identity_of(store::Reader& tx, UserId user, std::string_view provider);

// Inserts or replaces (identities.kPutWrites writes). The caller has made sure that the user has no
// other identity at this provider. If the identity belonged to another user (who may be deleted),
// it is taken from them.
void put_identity(store::WriteTxn& tx, const Identity& identity);

void delete_identity(store::WriteTxn& tx, const Identity& identity);

// All identities of the user, by provider.
std::vector<Identity> identities_of(store::ReadTxn& tx, UserId user);

}  // namespace authd::tables
