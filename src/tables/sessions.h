// Sessions with their index by user and their place in the expiry index.
#pragma once

#include "tables/expiry.h"

namespace authd::tables {

// How far users' `last_activity` may lag behind (auth/core/activity.h).
inline constexpr Milliseconds kActivityLag = std::chrono::minutes(1);

// When the session is over unless its user does something before; nullopt: never.
std::optional<Time> idle_end(const Session& session, const User& user);

std::optional<Session> find_session(store::Reader& tx, std::string_view id);

// Inserts a session that is new, with its index and expiry entries (three writes).
void insert_session(store::WriteTxn& tx, const Session& session);

// Writes a session that is there; its end may only move later or stay (one write).
void update_session(store::WriteTxn& tx, const Session& session);

// Removes the session and its index entry; the expiry entry is left to the sweep.
void delete_session(store::WriteTxn& tx, const Session& session);

// The sessions of a user, in no particular order, at most `limit`.
std::vector<Session> sessions_of(store::ReadTxn& tx, UserId user, size_t limit);

// For the sweep (schema.h, TableInfo::expire).
std::optional<Time> expire_session(store::WriteTxn& tx, std::string_view key, Time now);

}  // namespace authd::tables
