#include "auth/accounts/passkeys.h"

#include <algorithm>

#include "auth/accounts/factor_change.h"
#include "auth/accounts/identities.h"
#include "auth/accounts/passkey_challenge.h"
#include "auth/accounts/providers.h"
#include "auth/accounts/relying_party.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "crypto/cose_key.h"
#include "crypto/digest.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr ChallengePurpose kPurpose = ChallengePurpose::registration;

Error too_many() {
  return refused(ErrorCode::conflict, "too_many_passkeys",
                 "There are already " + std::to_string(kMaxPasskeysPerUser) +
                     " passkeys; remove one that you no longer need.");
}

Error no_such_passkey() {
  return Error{ErrorCode::not_found, "There is no such passkey."};
}

Result<std::string> parse_name(std::string_view text) {
  std::string name = TRY(parse_person_name(text, "name"));
  if (name.empty()) return Error{ErrorCode::invalid, "A passkey needs a name.", "name"};
  return name;
}

uint64_t& count_in(tables::User& user, const tables::Passkey& passkey) {
  return is_whole_login(passkey) ? user.passkeys : user.security_keys;
}

size_t passkeys_of(const tables::User& user) {
  return user.passkeys + user.security_keys;
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

// The caller puts the user, whose counts change.
Result<void> insert_passkey(store::WriteTxn& tx, tables::User& user, tables::Passkey& row) {
  if (passkeys_of(user) >= kMaxPasskeysPerUser) return too_many();
  if (!take_id(tx, row)) {
    return refused(ErrorCode::conflict, "passkey_exists", "This passkey is registered already.");
  }
  row.user = user.id;
  row.way_epoch = epoch_of(user, way_of(row));
  tables::passkeys.insert(tx, row);
  count_in(user, row) += 1;
  return {};
}

// Whether an account without this passkey, which `user` no longer counts, has a way in.
// `identities` were read before, and are read again.
bool has_other_way(const Services& s, store::Reader& tx, const tables::User& user,
                   const std::vector<tables::Identity>& identities) {
  if (!user.password_hash.empty() || usable_passkeys(s.config, user) > 0) return true;
  return std::any_of(identities.begin(), identities.end(), [&](const tables::Identity& one) {
    return s.providers.find(one.provider) != nullptr &&
           find_live_identity_of(tx, user, one.provider);
  });
}

// Who adds a security key has it: the session need not prove it again, and the others have not.
void note_security_key(store::WriteTxn& tx, tables::User& user, std::string_view id,
                       const tables::Passkey& made) {
  end_other_sessions(tx, user, id);
  auto session = tables::find_session(tx, id);
  if (!session || has_second_factor(session->amr)) return;
  session->amr = amr_of(std::move(session->amr), factor_of(made));
  tables::update_session(tx, *session);
}

Result<void> rename_in(store::WriteTxn& tx, const tables::User& user, std::string_view id_hash,
                       const std::string& name) {
  auto passkey = find_live_passkey_of(tx, user, id_hash);
  if (!passkey) return no_such_passkey();
  passkey->name = name;
  tables::passkeys.rewrite(tx, *passkey);
  return {};
}

// What is made and read before the write that removes one.
struct Removal {
  std::string id_hash;
  std::vector<tables::Identity> identities;
  std::optional<tables::Mail> notice;
};

Result<Removal> prepare_removal(const Services& s, const tables::User& user,
                                std::string_view id_hash, const Origin& origin, Time now) {
  Removal removal{std::string(id_hash), {}, {}};
  removal.identities = TRY(list_identities(s, user.id));
  removal.notice = make_repeatable_notice(s, tables::MailKind::factors_changed, user,
                                          "passkey removed", origin, now);
  return removal;
}

Result<void> remove_from(const Services& s, store::WriteTxn& tx, tables::User& user,
                         const Removal& removal, std::string_view keep_session,
                         const Origin& origin, Time now) {
  const auto passkey = find_live_passkey_of(tx, user, removal.id_hash);
  if (!passkey) return no_such_passkey();
  uint64_t& count = count_in(user, *passkey);
  count -= std::min<uint64_t>(count, 1);
  if (is_whole_login(*passkey) && !has_other_way(s, tx, user, removal.identities)) {
    return refused(ErrorCode::conflict, "last_login_method",
                   "This is the only way into the account: set a password first (request one at "
                   "/api/v1/auth/password/forgot), or add another passkey.");
  }
  if (user.passkeys == 0 && !methods_needed(s.config, user)) return last_factor();
  tables::passkeys.remove(tx, *passkey);
  note_factor_change(s, tx, user, keep_session, removal.notice, origin,
                     {"passkey_removed", user.id, "ok", passkey->name}, now);
  return {};
}

}  // namespace

Error passkey_not_accepted() {
  return refused(ErrorCode::invalid, "passkey_refused",
                 "The passkey was not accepted; try again, or use another device.");
}

Result<PasskeyStart> begin_passkey(const Services& s, const Person& caller) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  PasskeyStart start;
  start.there_are = TRY(list_passkeys(s, caller.user().id));
  if (start.there_are.size() >= kMaxPasskeysPerUser) return too_many();
  start.user_handle = caller.user().passkey_handle;
  if (start.user_handle.empty()) {
    const std::string fresh = s.random.bytes(kUserHandleBytes);
    start.user_handle = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<std::string> {
      tables::User user = TRY(still_signed_in(tx, caller, now)).user;
      if (user.passkey_handle.empty()) {
        user.passkey_handle = fresh;
        tables::put_user(tx, user);
      }
      return user.passkey_handle;
    }));
  }
  for (const crypto::CoseAlgorithm& one : crypto::kCoseAlgorithms)
    start.algorithms.push_back(one.id);
  start.challenge = make_passkey_challenge(s, kPurpose, caller.session().id, now);
  return start;
}

Result<tables::Passkey> add_passkey(const Services& s, const Person& caller,
                                    const RelyingParty& party, const RegistrationResponse& response,
                                    std::string_view name, const Origin& origin) {
  const Time now = s.clock.now();
  const UserId id = caller.user().id;
  TRY(require_fresh_proof(caller, now));
  std::string good_name = TRY(parse_name(name));
  const auto judge = [&](std::string_view challenge) {
    return refusal_of_passkey_challenge(s, challenge, kPurpose, caller.session().id, now);
  };
  const auto made = verify_registration({party, judge, false}, response);
  if (!made) {
    TRY(audit_alone(s, origin, {"passkey_added", id, "refused", "", crypto::name(made.error())}));
    return passkey_not_accepted();
  }
  const tables::Passkey row = row_of(*made, party, std::move(good_name), now);
  const auto notice = make_repeatable_notice(s, tables::MailKind::factors_changed, caller.user(),
                                             "passkey added", origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Passkey> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    if (!use_passkey_challenge(tx, made->challenge)) return passkey_not_accepted();
    const bool had_factor = has_factor(user);
    tables::Passkey inserted = row;
    TRY(insert_passkey(tx, user, inserted));
    if (has_factor(user) && !had_factor) {
      note_security_key(tx, user, caller.session().id, inserted);
    }
    user.updated_at = now;
    tables::put_user(tx, user);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"passkey_added", id, "ok", inserted.name}, now);
    return inserted;
  });
}

Result<std::vector<tables::Passkey>> list_passkeys(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Passkey>> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    return user ? live_passkeys_of(tx, *user) : std::vector<tables::Passkey>{};
  });
}

Result<void> rename_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            std::string_view name) {
  const std::string good_name = TRY(parse_name(name));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    return rename_in(tx, user, id_hash, good_name);
  });
}

Result<void> remove_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const Removal removal = TRY(prepare_removal(s, caller.user(), id_hash, origin, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    return remove_from(s, tx, user, removal, caller.session().id, origin, now);
  });
}

Result<void> rename_user_passkey(const Services& s, UserId id, std::string_view id_hash,
                                 std::string_view name) {
  const std::string good_name = TRY(parse_name(name));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    return rename_in(tx, *user, id_hash, good_name);
  });
}

Result<void> remove_user_passkey(const Services& s, UserId id, std::string_view id_hash,
                                 const Origin& origin) {
  const Time now = s.clock.now();
  const auto seen =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::User>> {
        return tables::find_user(tx, id);
      }));
  if (!seen) return no_such_user();
  const Removal removal = TRY(prepare_removal(s, *seen, id_hash, origin, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    return remove_from(s, tx, *user, removal, "", origin, now);
  });
}

}  // namespace authd::auth
