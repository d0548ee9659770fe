#include "auth/oauth/proofs/presented_grant.h"

#include "auth/core/refresh_token.h"
#include "auth/oauth/protocol/words.h"
#include "crypto/digest.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

template <typename Table>
Result<Presented> look_for(const Services& s, const Table& table, const Program& program,
                           const std::string& code) {
  if (code.empty()) return Presented::nothing;
  return s.store.read([&](store::ReadTxn& tx) -> Result<Presented> {
    const auto row = table.find(tx, crypto::sha256(code));
    const bool is_its = row && row->client == program.client().id;
    return is_its ? Presented::known : Presented::unknown;
  });
}

}  // namespace

Result<Presented> look_at_grant(const Services& s, const Program& program, const Parameters& form) {
  const std::string& type = form["grant_type"];
  if (type == kCodeGrant) return look_for(s, tables::grant_codes, program, form["code"]);
  if (type == kDeviceGrant) return look_for(s, tables::device_grants, program, form["device_code"]);
  if (type != kRefreshGrant || !form.has("refresh_token")) return Presented::nothing;
  const RefreshToken token{std::string(form["refresh_token"])};
  const bool is_ours = parse_refresh_token(s.server_key, token, RefreshFamily::grant).has_value();
  return is_ours ? Presented::known : Presented::unknown;
}

}  // namespace authd::auth
