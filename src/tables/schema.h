// The one list of all tables, with the declaration of each: its key, indexes, owner, end, sealed
// members, and whether it is exported (parts.h). put, del and find_by (table.h), the sweep
// (expiry.h), `db check` (relations.h), the erasure of a user (erasure.h), their personal data, the
// rotation of the master key, dumps, statistics and the tests follow from it. A table that is not
// in AllTables does not exist.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "tables/rows/api_key_rows.h"
#include "tables/rows/attribute_rows.h"
#include "tables/rows/audit_rows.h"
#include "tables/rows/device_grant_rows.h"
#include "tables/rows/device_rows.h"
#include "tables/rows/federation_rows.h"
#include "tables/rows/import_rows.h"
#include "tables/rows/invitation_rows.h"
#include "tables/rows/job_rows.h"
#include "tables/rows/logout_rows.h"
#include "tables/rows/passkey_rows.h"
#include "tables/rows/people_rows.h"
#include "tables/rows/proof_rows.h"
#include "tables/rows/provider_rows.h"
#include "tables/rows/rows.h"
#include "tables/rows/statistics_rows.h"
#include "tables/rows/table.h"
#include "tables/rows/webhook_rows.h"

namespace authd::tables {

// The version of the tables that this binary writes; see migrations.h.
inline constexpr uint64_t kSchemaVersion = 2;

// Index entries of rows, for the declarations below.
std::optional<Entry<Mark>> session_by_user(const Session& session);
std::optional<Entry<IdentityKey>> identity_by_user(const Identity& identity);
std::string identity_of_entry(std::string_view entry_key, const IdentityKey& entry);
std::optional<Entry<Mark>> grant_by_user(const Grant& grant);
std::optional<Entry<Reference>> passkey_by_id(const Passkey& passkey);
std::string passkey_of_entry(std::string_view entry_key, const Reference& entry);
std::optional<Entry<Mark>> device_grant_by_user_code(const DeviceGrant& grant);
std::optional<Entry<Mark>> logout_by_due_time(const LogoutDelivery& delivery);
std::optional<Entry<Mark>> webhook_delivery_by_due_time(const WebhookDelivery& delivery);
std::string webhook_delivery_of_entry(std::string_view entry_key, const Mark& entry);
std::optional<Entry<Mark>> mail_by_due_time(const Mail& mail);  // A dead mail has none.
std::optional<Entry<Person>> person_of_user(const User& user);
std::string user_of_person(std::string_view entry_key, const Person& entry);

// A session ends at its end, after too long without activity, or when its user is gone.
struct SessionEnd {
  static Time first(const Session& session);
  static Time due(store::Reader& tx, const Session& session, Time now);
};

//                                       prefix name             key
// The server itself.
inline constexpr Table<Number> numbers('m', "numbers");     // name
inline constexpr Table<Setting> settings('w', "settings");  // name
inline constexpr Table<ServerSecret, Keyed<&ServerSecret::name>, Sealed<&ServerSecret::sealed>>
    server_secrets('z', "server_secrets");
inline constexpr Table<Keyring> keyrings('g', "keyrings");  // "current"
inline constexpr Table<SigningKeyRow, Keyed<&SigningKeyRow::kid>,
                       Sealed<&SigningKeyRow::sealed_private>>
    signing_keys('k', "signing_keys");

// Users.
inline constexpr Table<Reference> usernames('n', "usernames");        // folded username
inline constexpr Table<Reference> emails('e', "emails");              // folded email
inline constexpr Table<Reference> phones('P', "phones");              // number as E.164
inline constexpr Table<Reference> subjects('S', "subjects");          // UUID
inline constexpr Table<Reference> user_handles('V', "user_handles");  // 32 random bytes
inline constexpr Table<Mark> role_members('R', "role_members");       // role id (8), user id (8)
inline constexpr Table<Person> people('1', "people");                 // user id (8)
inline constexpr Table<User, Keyed<&User::id>, Unique<usernames, &User::username, fold>,
                       Unique<emails, &User::email, fold>,
                       Unique<phones, &User::phone_number, phone_key, IndexAge::younger>,
                       Unique<subjects, &User::subject>,
                       Unique<user_handles, &User::passkey_handle>,
                       Members<role_members, &User::role_ids, kMaxRolesPerUser>,
                       Listed<people, person_of_user, user_of_person>, Exported>
    users('u', "users");
inline constexpr Table<KeptUsername, Expires<>> kept_usernames('N',
                                                               "kept_usernames");  // folded
inline constexpr Table<Invitation, Keyed<&Invitation::id>, Expires<>> invitations(
    '5', "invitations");                                    // SHA-256 (32)
inline constexpr Table<Erasure> erasures('E', "erasures");  // user id (8)

// What belongs to a user.
inline constexpr Table<Avatar, OwnedByKey, Exported> avatars('A', "avatars");  // user id (8)
inline constexpr Table<UserAttributes, Keyed<&UserAttributes::user>, OwnedByKey, Exported>
    user_attributes('T', "user_attributes");                       // user id (8)
inline constexpr Table<Mark> user_sessions('t', "user_sessions");  // user id (8), session id (16)
inline constexpr Table<
    Session, Keyed<&Session::id>,
    Listed<user_sessions, session_by_user, key_behind_number<Mark>, Entries::stay>,
    OwnedByIndex<&Session::user, user_sessions>, Expires<SessionEnd>>
    sessions('s', "sessions");
inline constexpr Table<Factors, Keyed<&Factors::user>, OwnedByKey,
                       Sealed<&Factors::totp, &Factors::totp_candidate>, Exported>
    factors('f', "factors");
inline constexpr Table<Reference> passkey_ids('J', "passkey_ids");  // SHA-256 (32)
inline constexpr Table<Passkey, Keyed<&Passkey::user, &Passkey::id_hash>,
                       Listed<passkey_ids, passkey_by_id, passkey_of_entry, Entries::stay>,
                       OwnedByKey, Exported>
    passkeys('Y', "passkeys");
// SHA-256 of a challenge, or of a passkey's id (keep_passkey_id,
// auth/accounts/passkeys/new_passkey.h).
inline constexpr Table<UsedChallenge, Expires<>> used_challenges('Q', "used_challenges");
inline constexpr Table<IdentityKey> user_identities('v', "user_identities");  // user id, provider
inline constexpr Table<Identity, Keyed<&Identity::provider, '\0', &Identity::subject>,
                       Listed<user_identities, identity_by_user, identity_of_entry>,
                       OwnedByIndex<&Identity::user, user_identities>>
    identities('i', "identities");
inline constexpr Table<ApiKey, Keyed<&ApiKey::user, &ApiKey::number>, OwnedByKey, Expires<>>
    api_keys('K', "api_keys");
inline constexpr Table<Device, Keyed<&Device::user, &Device::id>, OwnedByKey, Expires<>> devices(
    '6', "devices");
inline constexpr Table<EndedWays, OwnedByKey> ended_ways('W', "ended_ways");  // user id (8)
inline constexpr Table<OneTimeToken, Keyed<&OneTimeToken::id>, OwnedUntilEnded<&OneTimeToken::user>,
                       Expires<>>
    one_time_tokens('h', "one_time_tokens");  // SHA-256 (32)
inline constexpr Table<LoginCode, OwnedUntilEnded<&LoginCode::user>, Expires<>> login_codes(
    'p', "login_codes");  // SHA-256 of the address
inline constexpr Table<Challenge, Keyed<&Challenge::id>, OwnedUntilEnded<&Challenge::user>,
                       Expires<>>
    challenges('y', "challenges");  // SHA-256 (32)
inline constexpr Table<Journey, Keyed<&Journey::id>, OwnedUntilEnded<&Journey::user>, Expires<>>
    journeys('F', "journeys");  // SHA-256 (32)

// The provider.
inline constexpr Table<Client, Keyed<&Client::id>, Exported> clients('c', "clients");
inline constexpr Table<Avatar> client_logos('L', "client_logos");  // client id
inline constexpr Table<Resource, Keyed<&Resource::identifier>, Exported> resources('U',
                                                                                   "resources");
inline constexpr Table<Consent, Keyed<&Consent::user, &Consent::client>, OwnedByKey> consents(
    'D', "consents");
inline constexpr Table<Mark> user_grants('H', "user_grants");  // user id (8), grant id (16)
inline constexpr Table<Grant, Keyed<&Grant::id>,
                       Listed<user_grants, grant_by_user, key_behind_number<Mark>, Entries::stay>,
                       OwnedByIndex<&Grant::user, user_grants>, Expires<>>
    grants('G', "grants");
inline constexpr Table<AuthorizationCode, Keyed<&AuthorizationCode::id>, Expires<>> grant_codes(
    'O', "grant_codes");  // SHA-256 (32)
inline constexpr Table<PushedRequest, Keyed<&PushedRequest::id>, Expires<>> pushed_requests(
    '2', "pushed_requests");  // SHA-256 (32)
inline constexpr Table<RegistrationToken, Keyed<&RegistrationToken::id>, Expires<>>
    registration_tokens('3', "registration_tokens");  // SHA-256 (32)
inline constexpr Table<Mark> device_user_codes('X',
                                               "device_user_codes");  // user code (8), SHA-256 (32)
inline constexpr Table<
    DeviceGrant, Keyed<&DeviceGrant::id>,
    Listed<device_user_codes, device_grant_by_user_code, key_behind_number<Mark>>, Expires<>>
    device_grants('M', "device_grants");  // SHA-256 (32)
inline constexpr Table<LogoutNotice, Keyed<&LogoutNotice::id>> logout_notices('8',
                                                                              "logout_notices");
inline constexpr Table<Mark> logouts_due('0', "logouts_due");  // time ms (8), delivery id (16)
inline constexpr Table<LogoutDelivery, Keyed<&LogoutDelivery::id>,
                       Listed<logouts_due, logout_by_due_time, key_behind_number<Mark>>, Expires<>>
    logout_deliveries('9', "logout_deliveries");

// Webhooks.
inline constexpr Table<Webhook, Keyed<&Webhook::id>,
                       Sealed<&Webhook::sealed_secret, &Webhook::sealed_former>>
    webhooks('Z', "webhooks");
inline constexpr Table<WebhookCursor> webhook_cursors('+', "webhook_cursors");  // "current"
// Endpoint (8), time in ms (8), number of the audit entry (8).
inline constexpr Table<Mark> webhooks_due('@', "webhooks_due");
inline constexpr Table<
    WebhookDelivery, Keyed<&WebhookDelivery::id>,
    Listed<webhooks_due, webhook_delivery_by_due_time, webhook_delivery_of_entry>>
    webhook_deliveries('4', "webhook_deliveries");

// The rest.
inline constexpr Table<RevokedToken, Keyed<&RevokedToken::jti>, Expires<>> revoked_tokens(
    'j', "revoked_tokens");
inline constexpr Table<Reference> role_names('o', "role_names");  // name
inline constexpr Table<Role, Keyed<&Role::id>, Unique<role_names, &Role::name>, Exported> roles(
    'r', "roles");
inline constexpr Table<Attempts, Expires<>> attempts('l', "attempts");  // kind (1), hash (16)
inline constexpr Table<AuditEntry, Keyed<&AuditEntry::number>> audit_entries('a', "audit");
inline constexpr Table<AuditHead> audit_heads('b', "audit_head");       // audit_head_key()
inline constexpr Table<AuditChains> audit_chains('C', "audit_chains");  // "current"
inline constexpr Table<Mark> mail_due('d', "mail_due");                 // time ms (8), mail id (16)
inline constexpr Table<Mail, Keyed<&Mail::id>,
                       Listed<mail_due, mail_by_due_time, key_behind_number<Mark>>,
                       Sealed<&Mail::sealed>>
    outbox('q', "outbox");
inline constexpr Table<ImportLane> import_lanes('I', "import_lanes");  // SHA-256 (32), lane (1)
inline constexpr Table<JobRun> job_runs('B', "job_runs");              // name
inline constexpr Table<DayCounts, Keyed<&DayCounts::day, &DayCounts::writer>, Expires<>> day_counts(
    '7', "day_counts");
inline constexpr Table<Mark> expiries(kExpiryPrefix, "expiries");  // time ms (8), prefix (1), key

// A type: a tuple of the tables would cost each file that includes this 0.4 s.
template <const auto&... table>
struct TableList {};
using AllTables =
    TableList<numbers, settings, server_secrets, keyrings, signing_keys, users, usernames, emails,
              phones, subjects, role_members, people, erasures, avatars, sessions, user_sessions,
              factors, identities, user_identities, api_keys, ended_ways, one_time_tokens,
              login_codes, challenges, journeys, revoked_tokens, clients, roles, role_names,
              attempts, audit_entries, audit_heads, audit_chains, outbox, mail_due, import_lanes,
              job_runs, kept_usernames, resources, consents, grants, user_grants, grant_codes,
              client_logos, user_attributes, user_handles, passkeys, passkey_ids, used_challenges,
              invitations, devices, day_counts, device_grants, device_user_codes, logout_notices,
              logout_deliveries, logouts_due, pushed_requests, registration_tokens, webhooks,
              webhook_cursors, webhook_deliveries, webhooks_due, expiries>;

// Calls `visit(table)` for every table.
template <typename Visit>
constexpr void for_each_table(Visit&& visit) {
  [&]<const auto&... table>(TableList<table...>) {
    (visit(table), ...);
  }
  (AllTables{});
}

// Only tables whose rows belong to a user and can be found by the user: all that is erased with the
// user.
template <typename Visit>
void for_each_owned_table(Visit&& visit) {
  for_each_table([&]<typename T>(const T& table) {
    if constexpr (T::kHasOwner) {
      if constexpr (T::Owner::kFound != OwnedRows::until_ended) visit(table);
    }
  });
}

// A table whose type is erased.
struct TableInfo {
  char prefix;
  const char* name;
  // Writes the row as JSON, with secrets hidden; throws Fault{corrupt} if it cannot be read.
  void (*dump)(JsonWriter&, std::string_view bytes);
  // Table::expire() if the table's rows end; otherwise null.
  std::optional<Time> (*expire)(store::WriteTxn&, std::string_view key, Time now);
};

std::span<const TableInfo> all_tables();

// The table with this prefix, or null.
const TableInfo* find_table(char prefix);

// Who takes a number, and how many at once (Store::number_block).
struct NumberTaker {
  std::string_view writer;
  uint64_t block = 1;
};

// Takes the next number of the counter `name` (the first is 1), in one write, or two if `taker`
// takes more than one. Never returns the same number twice. The counter's row has the highest
// number handed out. A taker of more than one keeps the rest of its block in its own row,
// "name/writer": nothing is lost when it restarts, and writers meet in the counter's row only once
// per block. The numbers of several such takers do not rise with time; code that compares numbers
// takes them one by one.
uint64_t next_number(store::WriteTxn& tx, std::string_view name, const NumberTaker& taker = {});

}  // namespace authd::tables
