// What every command has: the common flags, the configuration that follows from them, the opened
// instance, and its output, as text or JSON. A command registers itself with CLI11 and returns a
// Result; run.cpp turns that into an exit code.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/write.h"
#include "base/function_ref.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "config/keys.h"
#include "config/load.h"
#include "server/instance.h"

namespace CLI {
class App;
}

namespace authd::cli {

// A table for people: columns as wide as their widest cell.
std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows);
// Of a row for each of `rows`, whose cells `cells` gives.
template <typename Rows, typename Cells>
std::string table_of(const std::vector<std::string>& head, const Rows& rows, Cells cells) {
  std::vector<std::vector<std::string>> lines;
  for (const auto& row : rows)
    lines.push_back(cells(row));
  return table(head, lines);
}

class Command {
 public:
  Command();
  ~Command();

  // The flags that every command has, --json, --data-dir, --config among them.
  void add_common(CLI::App& app);
  // A flag per configuration key (`authd serve`, `authd config`).
  void add_keys(CLI::App& app);

  // What the chosen subcommand does; set by its callback.
  std::function<Result<void>()> action;

  // The configuration of this process; read once.
  Result<const config::Loaded*> loaded();
  Result<config::Loaded> read_config() const;
  // Opens the data directory and says on standard error which one. Read once. Commands that add
  // something may be the first on a new directory; all others find a database or fail.
  Result<const auth::Services*> services(server::Making making = server::Making::refused);

  // What is left to do after the action: a checkpoint in the audit log, if it wrote anything.
  void finish();

  // Prints what the command has to say: with --json the one document that `write` makes, else the
  // text, if there is any. No command asks which of the two it is.
  void print(const std::string& text, FunctionRef<void(JsonWriter&)> write) const;
  // Prints a list: with --json {name: […]}, else a table.
  template <typename Rows, typename Write, typename Cells>
  void print_list(std::string_view name, const Rows& rows, Write write,
                  const std::vector<std::string>& head, Cells cells) const {
    print(table_of(head, rows, cells),
          [&](JsonWriter& json) { api::write_list(json, name, rows, write); });
  }
  // The same for a page, with "next".
  template <typename Rows, typename Write, typename Cells>
  void print_page(std::string_view name, const Rows& rows, Write write, std::string_view next,
                  const std::vector<std::string>& head, Cells cells) const {
    print(table_of(head, rows, cells),
          [&](JsonWriter& json) { api::write_page(json, name, rows, write, next); });
  }
  // Prints text that has one form only.
  void print(const std::string& text) const;
  void set_json() { json_ = true; }  // as --json does
  // Says on standard error why the command failed: with --json the object that the HTTP API would
  // answer with, on one line.
  void print_error(const Error& error) const;

  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  Log& log();

 private:
  Result<void> take_token_names();
  void add_key(CLI::App& app, const std::string& names, const config::Key& key,
               const std::string& group);

  bool json_ = false;
  std::string config_file_;
  std::map<std::string, std::string> values_;  // by key; those that were given
  std::map<std::string, std::string> flags_;   // by key; how it is written
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Log> log_;
  std::optional<config::Loaded> loaded_;
  std::unique_ptr<server::Instance> instance_;
};

// A field that auth/ finds invalid came from the command line: the command is wrong, not its work.
template <typename T>
Result<T> from_arguments(Result<T> result) {
  if (!result && result.error().code == ErrorCode::invalid && !result.error().field.empty()) {
    result.error().code = ErrorCode::usage;
  }
  return result;
}

// Taking the last administrator away is refused as a failure, and not as something that exists
// already; --force does it.
template <typename T>
Result<T> or_name_force(Result<T> result) {
  if (!result && result.error().name == "last_administrator") {
    result.error().code = ErrorCode::forbidden;
    result.error().message =
        "this is the last administrator who can sign in; make somebody else an administrator "
        "first, or use --force";
  }
  return result;
}

inline constexpr const char* kForceHelp = "Do it even to the last administrator";

// What the argument USER is, for --help.
inline constexpr const char* kUserHelp =
    "An id, a username or an email; digits alone are an id, and name:77 is a username of digits";

// Who runs the command, for the audit log: the login name, behind sudo the one before it.
auth::Origin operator_origin();

// "12 of 90" on a terminal, in place; nothing elsewhere. The last one ends the line.
void show_progress(uint64_t done, uint64_t all);

// A password from the terminal (asked twice with `confirms`, not shown) or the first line of
// standard input. Error: `usage` when there is none or the two differ.
Result<Password> read_password(const std::string& prompt, bool confirms);

// "2026-11-28T12:00:00Z"; `absent` for a time that is not set.
std::string time_text(Time time, std::string_view absent = "");

// The text on one line, control characters (is_control) shown as '?', so that stored data cannot
// move a terminal's cursor.
std::string printable(const std::string& text);

}  // namespace authd::cli
