// What all commands share: the common flags, the configuration they lead to, the opened instance,
// and output as text or JSON. A command registers itself (options.h) and returns a Result; run.cpp
// turns that into an exit code.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/core/write.h"
#include "base/function_ref.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "cli/frame/layout.h"
#include "cli/frame/options.h"
#include "config/reading/keys.h"
#include "config/reading/load.h"
#include "server/data/instance.h"

namespace authd::cli {

// A table (layout.h) with one row for each of `rows`; `cells` returns a row's cells.
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

  // The flags that every command has, including --json, --data-dir and --config.
  void add_common(const Subcommand& app);
  // One flag per configuration key (`authd serve`, `authd config`). Help names them only after
  // show_keys().
  void add_keys(const Subcommand& app);
  void show_keys() { shows_keys_ = true; }  // call it before any command is added

  // The action of the chosen subcommand; set by its callback.
  std::function<Result<void>()> action;

  // The configuration of this process; read once.
  Result<const config::Loaded*> loaded();
  Result<config::Loaded> read_config(const std::map<std::string, std::string>& given = {}) const;
  // Where it is read from.
  config::Sources config_sources() const;
  // Opens the data directory, once, and prints its name to standard error. Commands that add
  // something may create a new database; all others fail when there is none.
  Result<const auth::Services*> services(server::Making making = server::Making::refused);

  // The exit code of an action that succeeded, if it is not kDone (exit_code.h).
  void set_exit_code(int code) { exit_code_ = code; }
  int exit_code() const { return exit_code_; }

  // Work after the action: writes a checkpoint of the audit log if the action wrote anything.
  void finish();

  // Prints a command's result: with --json the document that `write` writes, otherwise the text,
  // unless it is empty. This is the only place that distinguishes the two.
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
  // Prints text that has no JSON form.
  void print(const std::string& text) const;
  void set_json() { json_ = true; }  // as --json does
  bool is_json() const { return json_; }
  // Prints to standard error why the command failed, each line of the message as one of its own;
  // with --json, the same object as in an error reply of the HTTP API, on one line.
  void print_error(const Error& error) const;

  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  Log& log();

 private:
  Result<void> take_token_names();
  void add_key(const Subcommand& app, const std::string& names, const config::Key& key,
               const std::string& group);

  bool json_ = false;
  bool is_quiet_ = false;
  int exit_code_ = 0;
  bool shows_keys_ = false;
  std::string config_file_;
  std::map<std::string, std::string> values_;  // by key; only those that were set
  std::map<std::string, std::string> flags_;   // by key; the flag's spelling
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Log> log_;
  std::optional<config::Loaded> loaded_;
  std::unique_ptr<server::Instance> instance_;
};

// The short form of a key's flag ("--listen"); empty if it has none.
std::string short_flag_of(std::string_view key);

// A field that auth/ finds invalid came from the command line, so the error is wrong usage.
template <typename T>
Result<T> from_arguments(Result<T> result) {
  if (!result && result.error().code == ErrorCode::invalid && !result.error().field.empty()) {
    result.error().code = ErrorCode::usage;
  }
  return result;
}

// The refusal to remove the last administrator names --force.
template <typename T>
Result<T> or_name_force(Result<T> result) {
  if (!result && result.error().name == "last_administrator") {
    result.error().message =
        "this is the last administrator who can sign in; make somebody else an administrator "
        "first, or use --force";
  }
  return result;
}

inline constexpr const char* kForceHelp = "Do it even to the last administrator";

// Help for the argument USER.
inline constexpr const char* kUserHelp =
    "An id, a subject, a username or an email; digits alone are an id, and name:77 is a username "
    "of digits";

// The person who runs the command, for the audit log: the login name; under sudo, the original one.
auth::Origin operator_origin();

// Shows "12 of 90" in place on a terminal; elsewhere nothing. The last call ends the line.
void show_progress(uint64_t done, uint64_t all);

// A password, read without echo from a terminal (twice if `confirms`), or the first line of
// standard input. Error: `usage` when there is none or the two differ.
Result<Password> read_password(const std::string& prompt, bool confirms);

// Asks on the terminal whether to do what cannot be undone: `what` is "delete user 7 (ann)". Asks
// nothing with `is_sure` (--yes), or if standard input is no terminal. Error: `usage`, when the
// answer is not yes.
Result<void> confirm(bool is_sure, const std::string& what);

inline constexpr const char* kYesHelp = "Do not ask for confirmation on a terminal";

// "2026-11-28T12:00:00Z"; `absent` for a time that is not set.
std::string time_text(Time time, std::string_view absent = "");
}  // namespace authd::cli
