// The list of formats, and how a file of each is recognised.
#include <algorithm>

#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/records/record.h"
#include "auth/upkeep/transfer/syntax/csv.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kHeader = 8192;  // a header of a table, at most

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view first_line(std::string_view beginning) {
  if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
  beginning = beginning.substr(0, beginning.find('\n'));
  if (beginning.ends_with('\r')) beginning.remove_suffix(1);
  return beginning;
}

bool begins_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.starts_with(word); });
}

bool is_object_or_list(std::string_view beginning) {
  const size_t first = beginning.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return first != std::string_view::npos && (beginning[first] == '{' || beginning[first] == '[');
}

// Devise's tables have a column encrypted_password too, but not these.
bool begins_supabase(std::string_view beginning) {
  const std::string_view start = beginning.substr(0, 4096);
  const bool is_table = !is_object_or_list(beginning);
  const std::string_view text = is_table ? first_line(beginning) : start;
  return has(text, "encrypted_password") &&
         (has(text, "\"aud\"") || has(text, "instance_id") || has(text, "email_confirmed_at") ||
          has(text, "raw_user_meta_data"));
}

bool begins_jsonl(std::string_view beginning) {
  const std::string_view line = first_line(beginning);
  // A line with an avatar is longer than the part of the file examined here.
  const bool has_end = has(line, "}") || line.starts_with(R"({"type":)");
  return line.starts_with('{') && has(line, "\"type\"") && has_end && !has(line, "\"realm\":");
}

bool begins_keycloak(std::string_view beginning) {
  return is_object_or_list(beginning) && has(beginning, "\"realm\"");
}

bool begins_firebase(std::string_view beginning) {
  return is_object_or_list(beginning) && has(beginning, "\"localId\"");
}

bool begins_auth0(std::string_view beginning) {
  return is_object_or_list(beginning) &&
         (has(beginning, "\"auth0|") || has(beginning, "\"custom_password_hash\"") ||
          has(beginning, "\"_tmp_is_unique\""));
}

bool begins_pg_dump(std::string_view beginning) {
  return has(beginning.substr(0, 200), "PostgreSQL database dump");
}

bool begins_ldif(std::string_view beginning) {
  const std::string start = lower(beginning.substr(0, 4096));
  return start.starts_with("dn:") || start.starts_with("version: 1\n") || has(start, "\ndn:");
}

// "name:hash", and the hash has one of the forms that htpasswd writes.
bool begins_htpasswd(std::string_view beginning) {
  const std::string_view line = first_line(beginning);
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || has(line.substr(0, colon), " "))
    return false;
  return begins_with_one_of(line.substr(colon + 1),
                            {"$2y$", "$2b$", "$2a$", "$apr1$", "{SHA}", "$5$", "$6$"});
}

// The examined part also contains text that users wrote into their profiles, so only the first line
// decides whether the file is SQL.
bool begins_sqlite(std::string_view beginning) {
  return begins_with_one_of(beginning, {"PRAGMA ", "BEGIN", "CREATE TABLE", "INSERT INTO"});
}

bool begins_mysql(std::string_view beginning) {
  return begins_with_one_of(beginning, {"-- MySQL", "-- MariaDB", "/*!", "/*M!", "CREATE TABLE `",
                                        "INSERT INTO `", "DROP TABLE", "SET "});
}

bool begins_authelia(std::string_view beginning) {
  return beginning.starts_with("users:") || has(beginning, "\nusers:");
}

bool begins_csv(std::string_view beginning) {
  if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
  Source header{std::string(beginning.substr(0, kHeader))};
  CsvRows rows(header);
  std::vector<std::string> names;
  std::string problem;
  return rows.next(names, problem) && problem.empty() &&
         std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return is_known_column(column_name(name)); });
}

}  // namespace

std::vector<Format> all_formats() {
  return {{"supabase", &read_supabase, &begins_supabase},
          {"jsonl", &read_jsonl, &begins_jsonl},
          {"keycloak", &read_keycloak, &begins_keycloak},
          {"firebase", &read_json, &begins_firebase},
          {"auth0", &read_json, &begins_auth0},
          {"json", &read_json, &is_object_or_list},
          {"pg-dump", &read_pg_dump, &begins_pg_dump},
          {"ldif", &read_ldif, &begins_ldif},
          {"htpasswd", &read_htpasswd, &begins_htpasswd},
          {"mysql-dump", &read_mysql_dump, &begins_mysql},
          {"sqlite-dump", &read_sqlite_dump, &begins_sqlite},
          {"csv", &read_csv, &begins_csv},
          {"authelia", &read_authelia, &begins_authelia}};
}

Result<Format> choose_format(std::string_view name, Source& source) {
  const std::string_view beginning = name == "auto" ? source.beginning() : std::string_view();
  if (source.failure()) return Error(*source.failure());
  for (const Format& format : all_formats()) {
    if (name == "auto" ? format.has_beginning(beginning) : name == format.name) return format;
  }
  return Error{ErrorCode::usage,
               "the file does not look like any known format; name its format with --format"};
}

}  // namespace authd::auth::transfer
