#include "auth/accounts/changes/passkeys.h"

#include <algorithm>

#include "auth/accounts/factors/factor_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/names/identities.h"
#include "auth/accounts/names/providers.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/audit/audit.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/read_user.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr ChallengePurpose kPurpose = ChallengePurpose::registration;

Error no_such_passkey() {
  return Error{ErrorCode::not_found, "There is no such passkey."};
}

Error last_passkey() {
  return refused(ErrorCode::conflict, "last_passkey",
                 "This account signs in with a passkey, and this is the only one: add another "
                 "passkey first.");
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

// The session that adds a security key has just used it and need not prove it again; the other
// sessions have not.
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
  uint64_t& count = count_of(user, *passkey);
  count -= std::min<uint64_t>(count, 1);
  if (is_whole_login(*passkey) && !has_other_way(s, tx, user, removal.identities)) {
    return refused(ErrorCode::conflict, "last_login_method",
                   "This is the only way into the account: set a password first (request one at "
                   "/api/v1/auth/password/forgot), or add another passkey.");
  }
  if (passkeys_of(user) == 0 && needs_passkey(s.config, tx, user)) return last_passkey();
  if (user.passkeys == 0 && !methods_needed(s.config, tx, user)) return last_factor();
  tables::passkeys.remove(tx, *passkey);
  drop_spare_codes(tx, user);
  note_factor_change(s, tx, user, keep_session, removal.notice, origin,
                     {"passkey_removed", user.id, "ok", passkey->name}, now);
  return {};
}

}  // namespace

Result<std::string> ensure_user_handle(const Services& s, const tables::User& user) {
  if (!user.passkey_handle.empty()) return user.passkey_handle;
  const std::string fresh = s.random.bytes(kUserHandleBytes);
  return s.store.write([&](store::WriteTxn& tx) -> Result<std::string> {
    std::optional<tables::User> current = tables::find_user(tx, user.id);
    if (!current) return no_such_user();
    if (current->passkey_handle.empty()) {
      current->passkey_handle = fresh;
      tables::put_user(tx, *current);
    }
    return current->passkey_handle;
  });
}

Result<PasskeyStart> begin_passkey(const Services& s, const Person& caller) {
  const Time now = s.clock.now();
  TRY(relying_party(s.config));
  TRY(require_fresh_proof(caller, now));
  PasskeyStart start = start_of_passkey(s, kPurpose, caller.session().id, NeededPasskey::any, now);
  start.there_are = TRY(list_passkeys(s, caller.user().id));
  if (start.there_are.size() >= kMaxPasskeysPerUser) return too_many_passkeys();
  start.user_handle = TRY(ensure_user_handle(s, caller.user()));
  return start;
}

Result<MadePasskey> add_passkey(const Services& s, const Person& caller, const PasskeyAsked& asked,
                                const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const std::string& session = caller.session().id;
  const PreparedPasskey prepared = TRY(
      prepare_passkey(s, asked, kPurpose, session, NeededPasskey::any, caller.user().id, origin));
  const auto notice = make_repeatable_notice(s, tables::MailKind::factors_changed, caller.user(),
                                             "passkey added", origin, now);
  FreshCodes codes = make_recovery_codes(s, now);
  bool has_new_codes = false;
  tables::Passkey made = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<tables::Passkey> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    TRY(claim_passkey(tx, prepared));
    const bool had_factor = has_factor(user);
    tables::Passkey inserted = TRY(insert_passkey(tx, user, prepared));
    if (has_factor(user) && !had_factor) note_security_key(tx, user, session, inserted);
    has_new_codes = give_recovery_codes(s, tx, user, codes);
    user.updated_at = now;
    tables::put_user(tx, user);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"passkey_added", user.id, "ok", inserted.name}, now);
    return inserted;
  }));
  if (!has_new_codes) codes.texts.clear();
  return MadePasskey{std::move(made), std::move(codes.texts)};
}

Result<std::vector<tables::Passkey>> list_passkeys(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Passkey>> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    return user ? live_passkeys_of(tx, *user) : std::vector<tables::Passkey>{};
  });
}

Result<void> rename_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            std::string_view name) {
  const std::string good_name = TRY(parse_passkey_name(name));
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
  const std::string good_name = TRY(parse_passkey_name(name));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    return rename_in(tx, *user, id_hash, good_name);
  });
}

Result<void> remove_user_passkey(const Services& s, UserId id, std::string_view id_hash,
                                 const Origin& origin) {
  const Time now = s.clock.now();
  const tables::User seen = TRY(read_user(s, id));
  const Removal removal = TRY(prepare_removal(s, seen, id_hash, origin, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    return remove_from(s, tx, *user, removal, "", origin, now);
  });
}

}  // namespace authd::auth
