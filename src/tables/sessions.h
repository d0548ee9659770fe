// Sessions and whose they are.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tables/schema.h"
#include "tables/session_life.h"

namespace authd::tables {

// "browser", "tokens" or "issued"; "unknown" for a kind that only a newer release knows.
std::string_view session_kind_name(SessionKind kind);
// The inverse; nullopt for any other text.
std::optional<SessionKind> parse_session_kind(std::string_view name);

std::optional<Session> find_session(store::Reader& tx, std::string_view id);

// Inserts a session that is new (sessions.kInsertWrites writes).
void insert_session(store::WriteTxn& tx, const Session& session);

// Writes a session that is there; its end may only move later or stay (one write).
void update_session(store::WriteTxn& tx, const Session& session);

// Removes the session (sessions.kDelWrites writes).
void delete_session(store::WriteTxn& tx, const Session& session);

// The sessions of a user, in no particular order, at most `limit`.
std::vector<Session> sessions_of(store::ReadTxn& tx, UserId user, size_t limit);

}  // namespace authd::tables
