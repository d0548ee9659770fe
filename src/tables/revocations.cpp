#include "tables/revocations.h"

namespace authd::tables {

bool is_revoked(store::Reader& tx, std::string_view jti) {
  return revoked_tokens.find(tx, jti).has_value();
}

void insert_revoked_token(store::WriteTxn& tx, const RevokedToken& token) {
  if (!is_revoked(tx, token.jti)) revoked_tokens.insert(tx, token);
}

}  // namespace authd::tables
