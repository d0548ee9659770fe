// authd config check|show|example

#include "auth/accounts/factors/ways_in.h"
#include "auth/oauth/clients/configured_clients.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/machine/named_files.h"
#include "config/reading/example.h"

namespace authd::cli {
namespace {

void write_list(JsonWriter& json, const char* name, const std::vector<std::string>& all) {
  json.key(name).begin_array();
  for (const std::string& one : all)
    json.value(one);
  json.end_array();
}

struct Findings {
  std::string file;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// What is wrong with the values, and with the files that the valid ones name: whoever mends one
// thing after the other should not have to come back for the next.
Findings examine(Command& command, bool opens_files) {
  Findings found;
  const Result<config::Loaded> loaded = config::load_valid(command.config_sources(), found.errors);
  if (!loaded) {
    found.errors = config::problems_of(loaded.error());
    return found;
  }
  found.file = loaded->file;
  found.warnings = loaded->warnings;
  // These would judge defaults in place of what is wrong.
  if (found.errors.empty()) {
    for (const Error& problem : auth::configured_client_problems(loaded->config.clients))
      found.errors.push_back(config::at_source(*loaded, problem).message);
    if (const Result<void> may = auth::check_ways_in(loaded->config); !may) {
      found.errors.push_back(may.error().message);
    }
  }
  if (!opens_files) return found;
  const NamedFiles files = open_named_files(*loaded);
  found.errors.insert(found.errors.end(), files.problems.begin(), files.problems.end());
  found.errors.insert(found.errors.end(), files.later.begin(), files.later.end());
  const std::string problem = named_master_key_problem(*loaded);
  if (!problem.empty()) found.errors.push_back(problem);
  return found;
}

Result<void> check(Command& command, bool without_files) {
  const Findings found = examine(command, !without_files);
  std::string text;
  for (const std::string& warning : found.warnings)
    text += "warning: " + warning + "\n";
  if (found.errors.empty()) {
    text += "the configuration is valid" + (found.file.empty() ? " (no file)" : ": " + found.file);
  }
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().field("ok", found.errors.empty());
    api::text_or_null(json, "file", found.file);
    write_list(json, "errors", found.errors);
    write_list(json, "warnings", found.warnings);
    json.end_object();
  });
  if (found.errors.empty()) return {};
  return Error{ErrorCode::usage, joined(found.errors, "\n")};
}

Result<void> show(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const std::string text =
      table_of({"KEY", "VALUE", "ORIGIN"}, loaded->origins, [](const config::Origin& origin) {
        return std::vector{origin.key, origin.value, origin.source};
      });
  command.print(text, [&](JsonWriter& json) {
    json.begin_object();
    for (const config::Origin& origin : loaded->origins) {
      json.key(origin.key).begin_object().key("value");
      api::write_setting(json, origin.key, origin.value);
      json.field("origin", origin.source).end_object();
    }
    json.end_object();
  });
  return {};
}

// Keys given as flags are written with their values, so that a package can set its data directory.
// Values from other sources are left out because they may be secret.
Result<void> example(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  std::map<std::string, std::string> given;
  for (const config::Origin& origin : loaded->origins) {
    if (origin.source.starts_with("--")) given.emplace(origin.key, origin.value);
  }
  const std::string file = config::example_file(given);
  command.print(file,
                [&](JsonWriter& json) { json.begin_object().field("file", file).end_object(); });
  return {};
}

}  // namespace

void add_config(const Subcommand& app, Command& command) {
  const Subcommand group = make_group(app, "config", "The configuration: check, show, example");
  const Subcommand checking = group.add_subcommand(
      "check", "Check it and the files that it names, without starting the server");
  const auto without_files = std::make_shared<bool>(false);
  set_action(checking, command, without_files, &check);
  checking.add_flag(
      "--without-files", *without_files,
      "Do not open the files that it names: for the configuration of another machine");
  command.add_keys(checking);
  for (const auto& [name, help, action] :
       {std::tuple("show", "Show every key, its value, and where the value comes from", &show),
        std::tuple("example", "Print a template with every key, commented out", &example)}) {
    const Subcommand sub = group.add_subcommand(name, help);
    set_action(sub, command, action);
    command.add_keys(sub);
  }
}

}  // namespace authd::cli
