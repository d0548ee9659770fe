#include "tables/schema.h"

#include <array>

#include "tables/revocations.h"
#include "tables/sessions.h"

namespace authd::tables {
namespace {

template <typename Row>
void dump(JsonWriter& json, std::string_view bytes) {
  dump_row(json, decode_row<Row>(bytes, "dump"));
}

template <typename Row>
constexpr TableInfo info(const Table<Row>& table,
                         std::optional<Time> (*expire)(store::WriteTxn&, std::string_view,
                                                       Time) = nullptr) {
  return {table.prefix(), table.name(), &dump<Row>, expire};
}

// For rows without an index: gone when they are over.
template <const auto& table>
std::optional<Time> expire_row(store::WriteTxn& tx, std::string_view key, Time now) {
  const auto row = table.find(tx, key);
  if (!row) return std::nullopt;
  if (row->expires_at > now) return row->expires_at;
  table.del(tx, key);
  return std::nullopt;
}

const std::array kTables = {
    info(numbers),
    info(server_secrets),
    info(keyrings),
    info(signing_keys),
    info(users),
    info(usernames),
    info(emails),
    info(phones),
    info(avatars),
    info(sessions, &expire_session),
    info(user_sessions),
    info(revoked_tokens, &expire_revoked_token),
    info(clients),
    info(roles),
    info(role_names),
    info(one_time_tokens, &expire_row<one_time_tokens>),
    info(login_codes, &expire_row<login_codes>),
    info(challenges, &expire_row<challenges>),
    info(factors),
    info(attempts, &expire_row<attempts>),
    info(identities),
    info(user_identities),
    info(federated_logins, &expire_row<federated_logins>),
    info(api_keys, &expire_row<api_keys>),
    info(ended_ways),
    info(audit_entries),
    info(audit_heads),
    info(outbox),
    info(mail_due),
    info(import_lanes),
    info(job_runs),
    info(expiries),
    info(settings),
};

}  // namespace

std::span<const TableInfo> all_tables() {
  return kTables;
}

const TableInfo* find_table(char prefix) {
  for (const TableInfo& table : kTables) {
    if (table.prefix == prefix) return &table;
  }
  return nullptr;
}

uint64_t next_number(store::WriteTxn& tx, std::string_view name) {
  Number number = numbers.find(tx, name).value_or(Number{});
  number.value += 1;
  numbers.put(tx, name, number);
  return number.value;
}

}  // namespace authd::tables
