#include "tables/revocations.h"

namespace authd::tables {

bool is_revoked(store::Reader& tx, std::string_view jti) {
  return revoked_tokens.find(tx, jti).has_value();
}

void insert_revoked_token(store::WriteTxn& tx, const RevokedToken& token) {
  if (is_revoked(tx, token.jti)) return;
  revoked_tokens.put(tx, token.jti, token);
  add_expiry(tx, token.expires_at, revoked_tokens.prefix(), token.jti);
}

std::optional<Time> expire_revoked_token(store::WriteTxn& tx, std::string_view key, Time now) {
  const std::optional<RevokedToken> token = revoked_tokens.find(tx, key);
  if (!token) return std::nullopt;
  if (token->expires_at > now) return token->expires_at;
  revoked_tokens.del(tx, key);
  return std::nullopt;
}

}  // namespace authd::tables
