// What is read from a file of another system or of authd: a stream of records, each imported or
// rejected on its own. A reader knows a file format but no rules; check.h has the rules, import.h
// the writing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auth/accounts/profile/attributes.h"
#include "auth/upkeep/transfer/syntax/source.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth::transfer {

// An account as in the file, unchecked. Empty text means that the field is absent.
struct Account {
  uint64_t id = 0;      // in the other system; 0: none, or not a number
  std::string subject;  // of authd's own export; empty: the account gets a new one
  std::string username;
  std::string email;
  bool email_verified = false;
  // As in User: what is open about the owner must stay open.
  bool mailbox_alone = false;
  bool awaits_email = false;
  bool is_claim = false;
  bool must_change_password = false;
  std::string password_hash;
  std::string first_name;
  std::string last_name;
  std::string phone_number;
  std::string locale;
  std::string avatar_url;
  std::string avatar;  // base64 of a JPEG that authd produced
  std::vector<std::string> roles;
  bool has_all_roles = false;  // `roles` is complete; otherwise "user" is added first
  std::string totp_secret;     // base32, as people type it
  bool totp_in_force = true;   // false: the secret was never confirmed
  uint64_t totp_last_step = 0;
  std::string user_handle;                // base64url; of authd's own export
  std::vector<tables::Passkey> passkeys;  // passkey_record.h
  AttributeChanges attributes;            // with their types, declared here or not
  // By name, as attribute_change_of() reads them.
  std::vector<std::pair<std::string, std::string>> attribute_texts;
  bool disabled = false;
  std::optional<Time> disabled_until;
  std::optional<Time> created_at;
  std::optional<Time> updated_at;
  std::optional<Time> last_activity;
  std::optional<Time> password_changed_at;
  std::optional<Time> totp_since;
  std::string terms_version;  // of authd's own export, with the time
  std::optional<Time> terms_accepted_at;
  // What the file says about the account and authd does not import: things that people will miss (a
  // second factor, a group), and the rest.
  std::vector<std::string> losses;
  std::vector<std::string> ignored;
};

struct ClientRecord {
  tables::Client client;
  std::string logo;  // a JPEG that authd produced; empty: none
};

// Of the subjects of pairwise clients (auth/oauth/clients/pairwise.h).
struct PairwiseKey {
  SecretKey key;
};

struct Record {
  uint64_t line = 0;    // where it begins
  std::string problem;  // not empty: it cannot be read, and this is why
  std::string who;      // with a problem: the name of the account, as far as it is known
  std::variant<Account, tables::Role, tables::Resource, ClientRecord, PairwiseKey> what;
};

class RecordReader {
 public:
  virtual ~RecordReader() = default;
  // The next record; nullopt at the end. An Error when the rest of the file cannot be read.
  virtual Result<std::optional<Record>> next() = 0;
  // After a file without any record: what it has instead; may be empty.
  virtual std::string other_content() const { return ""; }
};

using MakeReader = std::unique_ptr<RecordReader> (*)(Source&);

// One function for each format. The source must outlive the reader.
std::unique_ptr<RecordReader> read_jsonl(Source& source);        // authd's own
std::unique_ptr<RecordReader> read_csv(Source& source);          // with a header
std::unique_ptr<RecordReader> read_sqlite_dump(Source& source);  // sql_reader.cpp
std::unique_ptr<RecordReader> read_mysql_dump(Source& source);   // sql_reader.cpp
std::unique_ptr<RecordReader> read_pg_dump(Source& source);      // sql_reader.cpp
std::unique_ptr<RecordReader> read_keycloak(Source& source);     // a realm's export
std::unique_ptr<RecordReader> read_supabase(Source& source);     // auth.users, CSV or JSON
std::unique_ptr<RecordReader> read_json(Source& source);         // Firebase, Auth0, and any other
std::unique_ptr<RecordReader> read_ldif(Source& source);         // of a directory
std::unique_ptr<RecordReader> read_htpasswd(Source& source);     // of a web server
std::unique_ptr<RecordReader> read_authelia(Source& source);     // users_database.yml

struct Format {
  const char* name;
  MakeReader make;
  // Whether a file that begins like this has the format. The first format in the list that matches
  // wins.
  bool (*has_beginning)(std::string_view beginning);
};

// The only list of formats.
std::vector<Format> all_formats();

// The format with this name; for "auto", the one that the beginning of the file matches. Error:
// `usage`.
Result<Format> choose_format(std::string_view name, Source& source);

}  // namespace authd::auth::transfer
