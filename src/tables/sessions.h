// Sessions and their users.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tables/rows/session_life.h"
#include "tables/schema.h"

namespace authd::tables {

// "browser", "tokens" or "issued"; "unknown" for a kind from a newer release.
std::string_view session_kind_name(SessionKind kind);
// The inverse; nullopt for any other text.
std::optional<SessionKind> parse_session_kind(std::string_view name);

std::optional<Session> find_session(store::Reader& tx, std::string_view id);

// Inserts a new session (sessions.kInsertWrites writes).
void insert_session(store::WriteTxn& tx, const Session& session);

// Updates an existing session; its end may only stay or move later (one write).
void update_session(store::WriteTxn& tx, const Session& session);

// Removes the session (sessions.kDelWrites writes).
void delete_session(store::WriteTxn& tx, const Session& session);

// The sessions of a user, in no particular order, at most `limit`.
std::vector<Session> sessions_of(store::ReadTxn& tx, UserId user, size_t limit);

}  // namespace authd::tables
