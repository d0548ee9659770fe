#include "auth/sessions/token_names.h"

#include "tables/schema.h"

namespace authd::auth {
namespace {

constexpr const char* kIssuer = "issuer";
constexpr const char* kAudience = "audience";
constexpr const char* kVersion = "server_version";

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

Result<void> record_server_version(store::Store& store) {
  if (TRY(recorded_server_version(store)) == AUTHD_VERSION) return {};
  return store.write([](store::WriteTxn& tx) -> Result<void> {
    tables::settings.put(tx, kVersion, {AUTHD_VERSION, {}});
    return {};
  });
}

Result<std::string> recorded_server_version(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<std::string> {
    return tables::settings.find(tx, kVersion).value_or(tables::Setting{}).value;
  });
}

}  // namespace authd::auth
