#include "auth/token_names.h"

#include "tables/schema.h"

namespace authd::auth {
namespace {

constexpr const char* kIssuer = "issuer";
constexpr const char* kAudience = "audience";

}  // namespace

Result<void> record_token_names(const Services& s) {
  const TokenNames names{s.config.tokens.issuer, s.config.tokens.audience};
  if (TRY(recorded_token_names(s.store)) == names) return {};
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::settings.put(tx, kIssuer, {names.issuer, {}});
    tables::settings.put(tx, kAudience, {names.audience, {}});
    return {};
  });
}

Result<std::optional<TokenNames>> recorded_token_names(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<std::optional<TokenNames>> {
    const std::optional<tables::Setting> issuer = tables::settings.find(tx, kIssuer);
    const std::optional<tables::Setting> audience = tables::settings.find(tx, kAudience);
    if (!issuer || !audience) return std::optional<TokenNames>{};
    return std::optional(TokenNames{issuer->value, audience->value});
  });
}

}  // namespace authd::auth
