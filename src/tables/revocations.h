// Access tokens that were revoked one by one. A row lives as long as its token would have.
#pragma once

#include "tables/expiry.h"

namespace authd::tables {

bool is_revoked(store::Reader& tx, std::string_view jti);
void insert_revoked_token(store::WriteTxn& tx, const RevokedToken& token);

// For the sweep (schema.h, TableInfo::expire).
std::optional<Time> expire_revoked_token(store::WriteTxn& tx, std::string_view key, Time now);

}  // namespace authd::tables
