// The ways into an account besides its password and sessions, and how all ways of one kind end at
// once. A user has an epoch for each kind. Every way in stores the epoch at its creation, and is
// valid only while that is still the current one. So incrementing one number in one row ends all of
// them, including those that are just being added, as `session_epoch` does for sessions. Rows
// without an epoch, and users without one, have epoch 0.
//
// Rows that ended in this way remain until the job erases them (auth/upkeep/ended_ways.h); no list
// shows them, and no limit counts them.
#pragma once

#include <initializer_list>

#include "tables/schema.h"

namespace authd::auth {

// The index of the kind's epoch in User::way_epochs. It is stored on disk, so never change it.
enum class Way : size_t {
  api_key = 0,
  identity = 1,      // at another provider
  factor = 2,        // a second factor: an app with its recovery codes, or a security key
  device = 3,        // a device from which the owner has logged in (auth/core/limits/devices.h)
  email_change = 4,  // a pending change of the email
  passkey = 5,       // a passkey that is a whole login
  trust = 6,         // a device that needs no second factor (auth/sessions/known_devices.h)
};

// What the passkey is (auth/accounts/passkeys/stored_passkeys.h).
Way way_of(const tables::Passkey& passkey);

uint64_t epoch_of(const tables::User& user, Way way);

// Whether the row belongs to the user and has not been ended.
bool is_current(const tables::User& user, const tables::ApiKey& key);
bool is_current(const tables::User& user, const tables::Identity& identity);
bool is_current(const tables::User& user, const tables::Factors& factors);
bool is_current(const tables::User& user, const tables::Passkey& passkey);

// Whether logins of the user ask for a second factor: an app is confirmed, or there is a security
// key. A passkey alone does not make a password need a second factor.
bool has_factor(const tables::User& user);

// Ends all ways of these kinds that the user has, so that no second factor is asked for any more if
// they are among these. The caller writes the user.
inline constexpr size_t kEndWaysWrites = decltype(tables::ended_ways)::kPutWrites;
void end_ways(store::WriteTxn& tx, tables::User& user, std::initializer_list<Way> ways);

// The same without a mark for the job: for kinds without rows to erase (device, email_change), and
// in addition to end_ways() in the same transaction.
void raise_epoch(tables::User& user, Way way);

}  // namespace authd::auth
