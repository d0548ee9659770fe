#include "auth/upkeep/transfer/batch.h"

#include <algorithm>
#include <type_traits>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/factors/authenticator_app.h"
#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/core/sealing.h"
#include "auth/core/subject.h"
#include "tables/erasure.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

tables::Factors factors_of(const Services& s, store::WriteTxn& tx, const Prepared& account,
                           UserId id) {
  tables::Factors factors;
  factors.user = id;
  // Sealed inside the transaction, because the context contains the id, which is known only here.
  // Sealing is fast, and a repeated run may use fresh random bytes.
  const std::string context = totp_context(id);
  factors.totp =
      sealed_now(s, tx, s.master_key.seal(account.totp.reveal(), context, s.random), context);
  factors.totp_since = account.totp_since;
  factors.totp_last_step = account.totp_last_step;
  return factors;
}

// The rows that an account brings with it: one function for each exported table. A new table
// without a function here does not compile.
struct Inserting {
  const Services& s;
  store::WriteTxn& tx;
  const Prepared& account;
  UserId id;

  void add(std::type_identity<tables::Avatar>) const {
    if (account.avatar.empty()) return;
    const tables::User& user = account.user;
    tables::avatars.put(tx, tables::big_endian(id.value),
                        {account.avatar, user.avatar_version, user.updated_at, {}});
  }
  void add(std::type_identity<tables::UserAttributes>) const {
    // An older release that deletes a user leaves this row behind: it is not of the new one.
    const std::string key = tables::big_endian(id.value);
    const bool is_there = tx.look(tables::user_attributes.full_key(key), [](std::string_view) {});
    if (is_there || !account.attributes.empty()) store_attributes(tx, id, account.attributes);
  }
  void add(std::type_identity<tables::Passkey>) const {
    for (tables::Passkey passkey : account.passkeys) {
      passkey.user = id;
      tables::passkeys.insert(tx, passkey);
    }
  }
  void add(std::type_identity<tables::Factors>) const {
    if (!account.totp.empty()) tables::factors.put(tx, factors_of(s, tx, account, id));
  }
};

void insert(const Inserting& inserting) {
  tables::User user = inserting.account.user;
  user.id = inserting.id;
  ensure_subject(inserting.s, user);
  tables::put_user(inserting.tx, user);
  tables::for_each_owned_table([&]<typename T>(const T&) {
    if constexpr (T::kIsExported) inserting.add(std::type_identity<typename T::RowType>());
  });
}

}  // namespace

size_t account_writes(const Prepared& account) {
  constexpr size_t kSubject = 1;  // its entry; an account without a subject gets one
  return tables::users.insert_writes(account.user) + (account.user.subject.empty() ? kSubject : 0) +
         (account.avatar.empty() ? 0 : tables::avatars.kPutWrites) +
         (account.attributes.empty() ? 0 : tables::user_attributes.kPutWrites) +
         (account.totp.empty() ? 0 : tables::factors.kPutWrites) +
         account.passkeys.size() * tables::passkeys.kInsertWrites;
}

void fit_into_batch(Prepared& account) {
  // Whole logins first, since nothing else may let the person in.
  std::stable_sort(account.passkeys.begin(), account.passkeys.end(),
                   [](const tables::Passkey& a, const tables::Passkey& b) {
                     return is_whole_login(a) && !is_whole_login(b);
                   });
  while (account_writes(account) > kBatchWrites && !account.passkeys.empty()) {
    count_of(account.user, account.passkeys.back()) -= 1;
    account.passkeys.pop_back();
    account.losses.emplace_back("passkey of an account with many passkeys and roles");
  }
}

std::string conflict_of(store::Reader& tx, const Prepared& account) {
  const tables::User& user = account.user;
  if (!user.username.empty() && tables::usernames.find(tx, tables::fold(user.username))) {
    return "This username is taken.";
  }
  if (!user.email.empty() && tables::find_user_by_email(tx, user.email)) {
    return "An account with this email already exists.";
  }
  if (tables::find_user_by_phone(tx, user.phone_number)) {
    return "An account with this phone number already exists.";
  }
  if (tables::find_user_by_subject(tx, user.subject)) {
    return "An account with this subject already exists.";
  }
  if (tables::user_handles.find(tx, user.passkey_handle)) {
    return "An account with this user_handle already exists.";
  }
  for (const tables::Passkey& passkey : account.passkeys) {
    if (tables::passkey_ids.find(tx, passkey.id_hash)) return "A passkey is registered already.";
  }
  const UserId wanted{account.wanted_id};
  const bool is_taken = tables::find_user(tx, wanted) || tables::is_being_erased(tx, wanted);
  if (wanted.value != 0 && is_taken) return "The id is taken.";
  return "";
}

Result<BatchOutcome> write_batch(const Services& s, const Batch& batch,
                                 const std::string& lane_key) {
  return s.store.write([&](store::WriteTxn& tx) -> Result<BatchOutcome> {
    BatchOutcome outcome;
    tables::Number last = tables::numbers.find(tx, kUserCounter).value_or(tables::Number{});
    for (const Prepared& account : batch.accounts) {
      std::string conflict = conflict_of(tx, account);
      if (!conflict.empty()) {
        const tables::User& user = account.user;
        outcome.rejections.push_back({account.line,
                                      user.username.empty() ? user.email : user.username,
                                      std::move(conflict)});
        continue;
      }
      const uint64_t id = account.wanted_id != 0 ? account.wanted_id : last.value + 1;
      last.value = std::max(last.value, id);
      insert({s, tx, account, UserId{id}});
      outcome.imported += 1;
    }
    if (outcome.imported > 0) tables::numbers.put(tx, kUserCounter, last);
    if (lane_key.empty()) return outcome;
    tables::ImportLane lane =
        tables::import_lanes.find(tx, lane_key).value_or(tables::ImportLane{});
    lane.rounds += 1;
    lane.imported += outcome.imported;
    lane.rejected += outcome.rejections.size() + batch.rejections.size();
    tables::import_lanes.put(tx, lane_key, lane);
    return outcome;
  });
}

}  // namespace authd::auth::transfer
