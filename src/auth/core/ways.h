// The ways into an account beside its password and its sessions, and how all of one kind end at
// once. A user has an epoch for each kind. Whatever is added carries the epoch of that moment, and
// counts only while it is still the current one: raising a number in one row ends however many
// there are, and those that are being added, exactly as `session_epoch` does for sessions. What is
// in the store without an epoch, and users without one, are at epoch 0.
//
// Rows that ended in this way stay until the job erases them (auth/upkeep/ended_ways.h); no list
// shows them, and no limit counts them.
#pragma once

#include <initializer_list>

#include "tables/schema.h"

namespace authd::auth {

// The place of the kind's epoch in User::way_epochs, which is written to disk: never another one.
enum class Way : size_t {
  api_key = 0,
  identity = 1,      // of another provider
  factor = 2,        // a second factor
  device = 3,        // a device that the owner has logged in with (auth/core/attempts.h)
  email_change = 4,  // a change of the email that is pending
};

uint64_t epoch_of(const tables::User& user, Way way);

// Whether the row is the user's and has not been ended.
bool is_current(const tables::User& user, const tables::ApiKey& key);
bool is_current(const tables::User& user, const tables::Identity& identity);
bool is_current(const tables::User& user, const tables::Factors& factors);

// Ends all of these kinds that the user has. The caller puts the user.
inline constexpr size_t kEndWaysWrites = decltype(tables::ended_ways)::kPutWrites;
void end_ways(store::WriteTxn& tx, tables::User& user, std::initializer_list<Way> ways);

// The same without a mark for the job: for kinds that have no rows of their own to be erased
// (device, email_change), and beside end_ways() in one transaction.
void raise_epoch(tables::User& user, Way way);

}  // namespace authd::auth
