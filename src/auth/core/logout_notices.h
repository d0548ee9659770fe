// Who is told that somebody was signed out (OpenID Connect Back-Channel Logout 1.0): the first
// half. Whatever ends a session, a grant or an account calls a function of this file inside its
// transaction, so that a crash loses no sign-out:
//
//   a session or an account ends -> a notice; expand_notices() makes a delivery of each grant
//   one grant ends               -> its delivery, at once
//
// auth/oauth/logouts/logout_sender.h sends the deliveries.
//
// A delivery goes to the client of each grant that was open, if that client has a
// `backchannel_logout_uri`. It names the `sid` of the grant's tokens, so that one which arrives
// late ends no later session. A session that reaches its end by itself, or by tokens.idle_timeout,
// tells nobody (docs/oidc.md).
//
// A grant that ended may be removed only after its notice is expanded: the erasure of a user waits
// for that (tables/erasure.h), and the server's job expands before it sweeps.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// How long rows are kept for people: those that were delivered, and those that were given up. One
// that waits is kept as long as the latter.
inline constexpr Milliseconds kKeepDelivered = std::chrono::hours(24 * 7);
inline constexpr Milliseconds kKeepDead = std::chrono::hours(24 * 30);

// Notes that there is a client to tell, in the transaction that stores it. Until then nothing here
// writes anything. At most one write, once.
void note_receiver(store::WriteTxn& tx, const tables::Client& client);
inline constexpr size_t kNoteReceiverWrites = 1;

// Whether note_receiver() has noted one.
bool has_receivers(store::Reader& tx);

// Removes a session that somebody ended.
void remove_session(store::WriteTxn& tx, const tables::Session& session);
inline constexpr size_t kRemoveSessionWrites = decltype(tables::sessions)::kDelWrites + 1;

// Ends all sessions and grants of the user: increments the epoch. The caller writes the user.
void raise_session_epoch(store::WriteTxn& tx, tables::User& user);
inline constexpr size_t kRaiseSessionEpochWrites = 1;

// For the transaction that deletes the user.
void tell_of_deletion(store::WriteTxn& tx, const tables::User& user);
inline constexpr size_t kTellOfDeletionWrites = 1;

// Removes a grant that somebody ended. That of a deleted user stays until the user is erased.
void remove_grant(store::WriteTxn& tx, const tables::Grant& grant, Time now);
inline constexpr size_t kRemoveGrantWrites =
    decltype(tables::grants)::kDelWrites + decltype(tables::logout_deliveries)::kInsertWrites;

// The ids of a client's deliveries begin with this; then comes the time.
std::string logout_prefix(std::string_view client);

// Makes the deliveries of notices, a bounded number: all that there are, or those of one user. Each
// transaction inserts deliveries together with the removal of what they are made from, so nothing
// is told twice or not at all, whoever does this at the same moment.
struct Expanded {
  size_t deliveries = 0;
  size_t notices = 0;  // that are done
  bool more = false;   // call again at once
};
Result<Expanded> expand_notices(const Services& s, std::optional<UserId> user = {});

// The same until there are none.
Result<Expanded> expand_all_notices(const Services& s, std::optional<UserId> user = {});

}  // namespace authd::auth
