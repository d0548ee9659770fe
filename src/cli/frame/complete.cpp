#include "cli/frame/complete.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "auth/core/audit/audit_actions.h"
#include "base/text.h"
#include "cli/frame/arguments.h"
#include "server/data/store_options.h"
#include "server/doctor/doctor.h"
#include "store/cluster.h"
#include "store/directory.h"
#include "store/engine.h"
#include "tables/schema.h"

namespace authd::cli {
namespace {

using Words = std::vector<std::string>;

constexpr size_t kMaxOffered = 200;

// The keys of a table, which are names, that begin with `prefix`.
template <typename Table>
Words keys_of(store::ReadTxn& tx, const Table& table, const std::string& prefix) {
  Words found;
  table.scan(tx, prefix, "", [&](std::string_view key, const auto&) {
    if (!key.starts_with(prefix) || found.size() == kMaxOffered) return false;
    found.push_back(printable(std::string(key)));
    return true;
  });
  return found;
}

Words names_of_kind(store::ReadTxn& tx, const std::string& kind, const std::string& prefix) {
  if (kind == "USER" || kind == "LOGIN") return keys_of(tx, tables::usernames, prefix);
  if (kind == "ROLE") return keys_of(tx, tables::role_names, prefix);
  if (kind == "KID") return keys_of(tx, tables::signing_keys, prefix);
  if (kind == "CLIENT") return keys_of(tx, tables::clients, prefix);
  if (kind == "IDENTIFIER") return keys_of(tx, tables::resources, prefix);
  return {};
}

// Whoever presses a key does not wait for a server that does not answer.
constexpr Milliseconds kPatience{500};

// As in the data; nothing if it cannot be read now.
Words stored(Command& command, const std::string& kind, const std::string& prefix) {
  const Result<const config::Loaded*> loaded = command.loaded();
  if (!loaded) return {};
  store::Options options = server::store_options((*loaded)->config);
  if (!store::has_database(options)) return {};
  const SteadyTime end = command.clock().steady_now() + kPatience;
  options.stopping = [&] { return command.clock().steady_now() >= end; };
  const auto opened = store::open(options, null_log());
  if (!opened) return {};
  const Result<Words> found = (*opened)->read(
      [&](store::ReadTxn& tx) -> Result<Words> { return names_of_kind(tx, kind, prefix); });
  return found ? *found : Words{};
}

// Of the servers that share the data, those whose names begin so.
Words nodes(Command& command, const std::string& prefix) {
  const Result<const config::Loaded*> loaded = command.loaded();
  if (!loaded || !server::is_shared((*loaded)->config)) return {};
  const auto status = store::cluster_status(server::store_options((*loaded)->config));
  Words names;
  for (const store::Node& node : status ? status->nodes : std::vector<store::Node>{}) {
    if (node.name.starts_with(prefix)) names.push_back(printable(node.name));
  }
  return names;
}

Words values_of(Command& command, const CLI::Option& option, const std::string& prefix) {
  if (Words choices = choices_of(option); !choices.empty()) return choices;
  const std::string kind =
      option.get_positional() ? option.get_name(true, false) : option.get_type_name();
  if (kind == "FILE" || kind == "DIR") return {std::string(kFiles)};
  if (kind == "true|false") return {"true", "false"};
  if (kind == "CHECK") {
    Words names;
    for (const server::doctor::Check& check : server::doctor::all_checks())
      names.emplace_back(check.name);
    return names;
  }
  if (kind == "NODE") return nodes(command, prefix);
  if (kind == "ACTION") return {auth::kAuditActions.begin(), auth::kAuditActions.end()};
  return stored(command, kind, prefix);
}

Words flags_of(const CLI::App& app) {
  Words flags;
  for (const CLI::Option* option : app.get_options()) {
    const Words names = names_of(*option);
    std::copy_if(names.begin(), names.end(), std::back_inserter(flags),
                 [](const std::string& name) { return name.starts_with("--"); });
  }
  return flags;
}

Words commands_in(const CLI::App& app) {
  Words names;
  for (const CLI::App* one : commands_of(app))
    names.push_back(one->get_name());
  return names;
}

Words offered(Command& command, const CLI::App& root, const Place& place,
              const std::string& beginning) {
  if (place.awaits != nullptr) return values_of(command, *place.awaits, beginning);
  const CLI::App& app = *place.app;
  if (beginning.starts_with('-') && !place.flags_are_over) return flags_of(app);
  const Words commands = commands_in(app);
  if (!commands.empty()) return commands;
  if (path_of(app) == path_of(root) + " help") return commands_in(root);
  const auto positionals = positionals_of(app);
  if (place.positionals < positionals.size())
    return values_of(command, *positionals[place.positionals], beginning);
  return flags_of(app);
}

}  // namespace

void complete(CLI::App& root, Command& command, std::span<const std::string> words) {
  if (words.empty()) return;
  const std::string beginning = words.back();
  Words before(words.begin(), words.end() - 1);
  const Place place = follow(root, before);
  if (!place.problem.empty()) return;
  if (place.awaits != nullptr) before.pop_back();
  try {
    // For --data-dir and --config, wherever they stand. What is missing yet does not matter.
    root.parse(Words(before.rbegin(), before.rend()));
  } catch (const CLI::Error&) {
  }
  std::string text;
  for (const std::string& word : offered(command, root, place, beginning)) {
    if (word == kFiles || word.starts_with(beginning)) text += word + "\n";
  }
  if (!text.empty()) command.print(text);
}

}  // namespace authd::cli
