// The list of formats, and how a file of each is recognised.
#include <algorithm>

#include "auth/upkeep/transfer/columns.h"
#include "auth/upkeep/transfer/csv.h"
#include "auth/upkeep/transfer/record.h"

namespace authd::auth::transfer {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view first_line(std::string_view beginning) {
  if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
  beginning = beginning.substr(0, beginning.find('\n'));
  if (beginning.ends_with('\r')) beginning.remove_suffix(1);
  return beginning;
}

bool begins_supabase(std::string_view beginning) {
  return has(first_line(beginning), "encrypted_password");
}

bool begins_jsonl(std::string_view beginning) {
  const std::string_view line = first_line(beginning);
  // A line with an avatar is longer than the part of the file examined here.
  const bool has_end = has(line, "}") || line.starts_with(R"({"type":)");
  return line.starts_with('{') && has(line, "\"type\"") && has_end && !has(line, "\"realm\":");
}

bool begins_keycloak(std::string_view beginning) {
  const size_t first = beginning.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return first != std::string_view::npos && (beginning[first] == '{' || beginning[first] == '[');
}

bool begins_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.starts_with(word); });
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
  Source header{std::string(first_line(beginning))};
  CsvRows rows(header);
  std::vector<std::string> names;
  std::string problem;
  return rows.next(names, problem) && problem.empty() &&
         std::any_of(names.begin(), names.end(), &is_known_column);
}

}  // namespace

std::vector<Format> all_formats() {
  return {{"supabase", &read_supabase, &begins_supabase},
          {"jsonl", &read_jsonl, &begins_jsonl},
          {"keycloak", &read_keycloak, &begins_keycloak},
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
               "the file does not look like any known format; name its format "
               "by --format"};
}

}  // namespace authd::auth::transfer
