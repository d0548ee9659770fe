#include "auth/core/ways.h"

#include <numeric>

namespace authd::auth {

uint64_t epoch_of(const tables::User& user, Way way) {
  const auto place = static_cast<size_t>(way);
  return place < user.way_epochs.size() ? user.way_epochs[place] : 0;
}

bool is_current(const tables::User& user, const tables::ApiKey& key) {
  return key.user == user.id && key.way_epoch == epoch_of(user, Way::api_key);
}

bool is_current(const tables::User& user, const tables::Identity& identity) {
  return identity.user == user.id && identity.way_epoch == epoch_of(user, Way::identity);
}

bool is_current(const tables::User& user, const tables::Factors& factors) {
  return factors.user == user.id && factors.way_epoch == epoch_of(user, Way::factor);
}

Way way_of(const tables::Passkey& passkey) {
  const bool is_whole_login = passkey.uv_initialized && passkey.is_discoverable;
  return is_whole_login ? Way::passkey : Way::factor;
}

bool is_current(const tables::User& user, const tables::Passkey& passkey) {
  return passkey.user == user.id && passkey.way_epoch == epoch_of(user, way_of(passkey));
}

bool has_factor(const tables::User& user) {
  return user.mfa_enabled || user.security_keys > 0;
}

void raise_epoch(tables::User& user, Way way) {
  // A device was trusted after a second factor, and while it was known.
  if (way == Way::factor || way == Way::device || way == Way::passkey) {
    raise_epoch(user, Way::trust);
  }
  const auto place = static_cast<size_t>(way);
  if (user.way_epochs.size() <= place) user.way_epochs.resize(place + 1);
  user.way_epochs[place] += 1;
  if (way == Way::passkey) user.passkeys = 0;
  if (way != Way::factor) return;
  user.mfa_enabled = false;
  user.security_keys = 0;
}

void end_ways(store::WriteTxn& tx, tables::User& user, std::initializer_list<Way> ways) {
  for (const Way way : ways)
    raise_epoch(user, way);
  const std::string key = tables::big_endian(user.id.value);
  // Epochs only rise, so the sum is a number that the job has not seen, even when it has just
  // removed the mark.
  tables::EndedWays mark;
  mark.epochs = std::accumulate(user.way_epochs.begin(), user.way_epochs.end(), uint64_t{0});
  tables::ended_ways.put(tx, key, mark);
}

}  // namespace authd::auth
