#include "auth/accounts/passkeys/new_passkey.h"

#include <algorithm>

#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/ways.h"
#include "base/refusal.h"
#include "crypto/digest.h"
#include "crypto/webauthn/cose_key.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr std::string_view kUsualName = "Passkey";

Error too_weak() {
  return refused(ErrorCode::invalid, "passkey_too_weak",
                 "This key cannot sign you in by itself. Use a device that keeps the passkey and "
                 "asks for a PIN, a fingerprint or a face; a security key may need a PIN first.");
}

// Browsers that do not tell (credProps) are taken at the word of the transports: what is built in,
// and what is on a phone, keeps its credentials itself. Either is only the browser's word.
bool may_be_discoverable(const NewPasskey& made) {
  const auto has = [&](std::string_view word) {
    return std::find(made.transports.begin(), made.transports.end(), word) != made.transports.end();
  };
  return made.is_discoverable.value_or(has("internal") || has("hybrid"));
}

tables::Passkey row_of(const NewPasskey& made, const RelyingParty& party, std::string name,
                       Time now) {
  tables::Passkey row;
  row.id = made.credential_id;
  row.id_hash = crypto::sha256(made.credential_id);
  row.public_key = made.public_key;
  row.algorithm = crypto::name(made.algorithm);
  row.sign_count = made.sign_count;
  row.backup_eligible = made.backup_eligible;
  row.backed_up = made.backed_up;
  row.uv_initialized = made.user_verified;
  row.is_discoverable = may_be_discoverable(made);
  row.transports = made.transports;
  row.aaguid = made.aaguid;
  row.rp_id = party.id;
  row.name = std::move(name);
  row.created_at = now;
  row.last_used = now;
  return row;
}

// As long as a username that nobody has any more, unless signup.username_retention is changed.
constexpr Milliseconds kKeptIdLife = std::chrono::hours(24 * 180);

std::string kept_id(const tables::Passkey& row) {
  return crypto::sha256("credential id " + row.id_hash);
}

// False if somebody has a credential with this id. One that was ended gives way.
bool take_id(store::WriteTxn& tx, const tables::Passkey& row) {
  const auto entry = tables::passkey_ids.find(tx, row.id_hash);
  if (!entry) return true;
  const auto owner = tables::find_user(tx, UserId{entry->id});
  const auto there = tables::passkeys.find(tx, passkey_key(UserId{entry->id}, row.id_hash));
  if (owner && there && is_current(*owner, *there)) return false;
  if (there) tables::passkeys.remove(tx, *there);
  return true;
}

}  // namespace

Error passkey_not_accepted() {
  return refused(ErrorCode::invalid, "passkey_refused",
                 "The passkey was not accepted; try again, or use another device.");
}

Error too_many_passkeys() {
  return refused(ErrorCode::conflict, "too_many_passkeys",
                 "There are already " + std::to_string(kMaxPasskeysPerUser) +
                     " passkeys; remove one that you no longer need.");
}

uint64_t& count_of(tables::User& user, const tables::Passkey& passkey) {
  return is_whole_login(passkey) ? user.passkeys : user.security_keys;
}

size_t passkeys_of(const tables::User& user) {
  return user.passkeys + user.security_keys;
}

Result<std::string> parse_passkey_name(std::string_view text) {
  std::string name = TRY(parse_person_name(text, "name"));
  if (name.empty()) return Error{ErrorCode::invalid, "A passkey needs a name.", "name"};
  return name;
}

PasskeyStart start_of_passkey(const Services& s, ChallengePurpose purpose, std::string_view binding,
                              NeededPasskey needed, Time now) {
  PasskeyStart start;
  start.needed = needed;
  for (const crypto::CoseAlgorithm& one : crypto::kCoseAlgorithms)
    start.algorithms.push_back(one.id);
  start.challenge = make_passkey_challenge(s, purpose, binding, now);
  return start;
}

Result<PreparedPasskey> prepare_passkey(const Services& s, const PasskeyAsked& asked,
                                        ChallengePurpose purpose, std::string_view binding,
                                        NeededPasskey needed, std::optional<UserId> owner,
                                        const Origin& origin) {
  const Time now = s.clock.now();
  const RelyingParty party = TRY(relying_party(s.config));
  std::string name = TRY(parse_passkey_name(asked.name.value_or(std::string(kUsualName))));
  const auto judge = [&](std::string_view challenge) {
    return refusal_of_passkey_challenge(s, challenge, purpose, binding, now);
  };
  const auto made = verify_registration({party, judge, false}, asked.response);
  if (!made) {
    TRY(audit_alone(s, origin,
                    {"passkey_added", owner, "refused", "", crypto::name(made.error())}));
    return passkey_not_accepted();
  }
  PreparedPasskey prepared{row_of(*made, party, std::move(name), now), made->challenge};
  const bool is_enough = needed == NeededPasskey::any || is_whole_login(prepared.row);
  if (!is_enough) return too_weak();
  return prepared;
}

Result<void> claim_passkey(store::WriteTxn& tx, const PreparedPasskey& prepared) {
  if (!use_passkey_challenge(tx, prepared.challenge)) return passkey_not_accepted();
  const bool is_kept = tables::used_challenges.find(tx, kept_id(prepared.row)).has_value();
  if (!is_kept && take_id(tx, prepared.row)) return {};
  return refused(ErrorCode::conflict, "passkey_exists", "This passkey is registered already.");
}

void keep_passkey_id(store::WriteTxn& tx, const PreparedPasskey& prepared, Time now) {
  tables::used_challenges.insert(tx, kept_id(prepared.row), {now + kKeptIdLife, {}});
}

Result<tables::Passkey> insert_passkey(store::WriteTxn& tx, tables::User& user,
                                       const PreparedPasskey& prepared) {
  if (passkeys_of(user) >= kMaxPasskeysPerUser) return too_many_passkeys();
  tables::Passkey row = prepared.row;
  row.user = user.id;
  row.way_epoch = epoch_of(user, way_of(row));
  tables::passkeys.insert(tx, row);
  count_of(user, row) += 1;
  raise_epoch(user, Way::trust);
  return row;
}

}  // namespace authd::auth
