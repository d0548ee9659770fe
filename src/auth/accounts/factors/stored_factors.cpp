#include "auth/accounts/factors/stored_factors.h"

#include "auth/core/ways.h"

namespace authd::auth {

std::optional<tables::Factors> find_live_factors(store::Reader& tx, const tables::User& user) {
  auto factors = tables::factors.find(tx, tables::big_endian(user.id.value));
  if (factors && !is_current(user, *factors)) factors.reset();
  return factors;
}

tables::Factors factors_of(store::Reader& tx, const tables::User& user) {
  if (auto live = find_live_factors(tx, user)) return std::move(*live);
  tables::Factors factors;
  factors.user = user.id;
  factors.way_epoch = epoch_of(user, Way::factor);
  return factors;
}

void put_factors(store::WriteTxn& tx, const tables::Factors& factors) {
  const std::string key = tables::big_endian(factors.user.value);
  const bool is_empty =
      factors.totp.empty() && factors.totp_candidate.empty() && factors.recovery_macs.empty();
  if (is_empty) {
    tables::factors.del(tx, key);
  } else {
    tables::factors.put(tx, key, factors);
  }
}

}  // namespace authd::auth
