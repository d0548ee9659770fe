#include "auth/accounts/passkeys/stored_passkeys.h"

#include "auth/accounts/passkeys/passkey_challenge.h"
#include "auth/core/lifetime.h"
#include "auth/core/limits/used_once.h"
#include "auth/core/ways.h"
#include "crypto/digest.h"
#include "tables/rows/keys.h"
#include "tables/users.h"

namespace authd::auth {

bool is_whole_login(const tables::Passkey& passkey) {
  return way_of(passkey) == Way::passkey;
}

Factor factor_of(const tables::Passkey& passkey) {
  return passkey.backup_eligible ? Factor::synced_key : Factor::device_key;
}

std::string passkey_key(UserId user, std::string_view id_hash) {
  return tables::big_endian(user.value) + std::string(id_hash);
}

// Ended ones stay until a job erases them.
std::vector<tables::Passkey> live_passkeys_of(store::ReadTxn& tx, const tables::User& user) {
  std::vector<tables::Passkey> live;
  const std::string prefix = tables::big_endian(user.id.value);
  tables::passkeys.scan(tx, prefix, tables::end_of_prefix(prefix),
                        [&](std::string_view, tables::Passkey passkey) {
                          if (is_current(user, passkey)) live.push_back(std::move(passkey));
                          return live.size() < kMaxPasskeysPerUser;
                        });
  return live;
}

std::optional<tables::Passkey> find_live_passkey_of(store::Reader& tx, const tables::User& user,
                                                    std::string_view id_hash) {
  if (id_hash.size() != crypto::kSha256Bytes) return std::nullopt;
  auto passkey = tables::passkeys.find(tx, passkey_key(user.id, id_hash));
  return passkey && is_current(user, *passkey) ? std::move(passkey) : std::nullopt;
}

std::optional<FoundPasskey> find_live_passkey(store::Reader& tx, std::string_view credential_id) {
  const std::string id_hash = crypto::sha256(credential_id);
  const auto entry = tables::passkey_ids.find(tx, id_hash);
  auto user = entry ? tables::find_user(tx, UserId{entry->id}) : std::nullopt;
  if (!user) return std::nullopt;
  auto passkey = find_live_passkey_of(tx, *user, id_hash);
  if (!passkey) return std::nullopt;
  return FoundPasskey{std::move(*passkey), std::move(*user)};
}

KnownPasskey known_passkey(const FoundPasskey& found) {
  const tables::Passkey& passkey = found.passkey;
  return {passkey.public_key, static_cast<uint32_t>(passkey.sign_count), passkey.backup_eligible,
          found.user.passkey_handle};
}

bool is_used_passkey_challenge(store::Reader& tx, std::string_view challenge) {
  return is_used(tx, once::kPasskeyChallenge, challenge);
}

// The mark stays a little longer than the challenge is good, because the clock may be set back.
bool use_passkey_challenge(store::WriteTxn& tx, std::string_view challenge) {
  return use_once(tx, once::kPasskeyChallenge, challenge,
                  end_of_passkey_challenge(challenge) + kClockSlack);
}

}  // namespace authd::auth
