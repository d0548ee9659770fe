// Access tokens that were revoked individually. A row lives as long as its token would have.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

bool is_revoked(store::Reader& tx, std::string_view jti);

// At most revoked_tokens.kInsertWrites writes.
void insert_revoked_token(store::WriteTxn& tx, const RevokedToken& token);

}  // namespace authd::tables
