// The one list of every table. Statistics, checks, dumps and the tests walk it, so that none can
// forget a table; a table that is not here does not exist.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "tables/api_key_rows.h"
#include "tables/audit_rows.h"
#include "tables/federation_rows.h"
#include "tables/import_rows.h"
#include "tables/job_rows.h"
#include "tables/proof_rows.h"
#include "tables/rows.h"
#include "tables/table.h"

namespace authd::tables {

// The version of the tables as this binary writes them; see migrations.h.
inline constexpr uint64_t kSchemaVersion = 1;

//                                       prefix name             key
inline constexpr Table<Number> numbers('m', "numbers");                      // name
inline constexpr Table<Setting> settings('w', "settings");                   // name
inline constexpr Table<ServerSecret> server_secrets('z', "server_secrets");  // name
inline constexpr Table<Keyring> keyrings('g', "keyrings");                   // "current"
inline constexpr Table<SigningKeyRow> signing_keys('k', "signing_keys");     // kid
inline constexpr Table<User> users('u', "users");                            // user id (8)
inline constexpr Table<Reference> usernames('n', "usernames");               // folded username
inline constexpr Table<Reference> emails('e', "emails");                     // folded email
inline constexpr Table<Reference> phones('P', "phones");                     // number as E.164
inline constexpr Table<Avatar> avatars('A', "avatars");                      // user id (8)
inline constexpr Table<Session> sessions('s', "sessions");                   // session id (16)
inline constexpr Table<Mark> user_sessions('t', "user_sessions");  // user id (8), session id (16)
inline constexpr Table<RevokedToken> revoked_tokens('j', "revoked_tokens");    // jti
inline constexpr Table<Client> clients('c', "clients");                        // client id
inline constexpr Table<Role> roles('r', "roles");                              // role id (8)
inline constexpr Table<Reference> role_names('o', "role_names");               // name
inline constexpr Table<OneTimeToken> one_time_tokens('h', "one_time_tokens");  // SHA-256 (32)
inline constexpr Table<LoginCode> login_codes('p', "login_codes");     // SHA-256 of the address
inline constexpr Table<Challenge> challenges('y', "challenges");       // SHA-256 (32)
inline constexpr Table<Factors> factors('f', "factors");               // user id (8)
inline constexpr Table<Attempts> attempts('l', "attempts");            // kind (1), hash (16)
inline constexpr Table<AuditEntry> audit_entries('a', "audit");        // number (8)
inline constexpr Table<AuditHead> audit_heads('b', "audit_head");      // "current"
inline constexpr Table<Mail> outbox('q', "outbox");                    // mail id (16)
inline constexpr Table<Mark> mail_due('d', "mail_due");                // time ms (8), mail id (16)
inline constexpr Table<ImportLane> import_lanes('I', "import_lanes");  // SHA-256 (32), lane (1)
inline constexpr Table<Identity> identities('i', "identities");        // provider, NUL, subject
inline constexpr Table<IdentityKey> user_identities('v', "user_identities");  // user id, provider
inline constexpr Table<FederatedLogin> federated_logins('F', "federated_logins");  // SHA-256 (32)
inline constexpr Table<ApiKey> api_keys('K', "api_keys");      // user id (8), number (8)
inline constexpr Table<Number> ended_ways('W', "ended_ways");  // user id (8)
inline constexpr Table<JobRun> job_runs('B', "job_runs");      // name
inline constexpr Table<Mark> expiries('x', "expiries");  // time ms (8), table prefix (1), row key

struct TableInfo {
  char prefix;
  const char* name;
  // Writes the row as JSON, secrets hidden; throws Fault{corrupt} when it cannot be read.
  void (*dump)(JsonWriter&, std::string_view bytes);
  // For tables with an expiry: removes the row and what belongs to it when it is due at `now` (or
  // gone), else returns when it will be. Null for tables without.
  std::optional<Time> (*expire)(store::WriteTxn&, std::string_view key, Time now);
};

std::span<const TableInfo> all_tables();

// The table with the prefix, or null.
const TableInfo* find_table(char prefix);

// Takes the next number of the counter `name` (1 for the first). Never gives the same one twice.
uint64_t next_number(store::WriteTxn& tx, std::string_view name);

}  // namespace authd::tables
