// authd config check|show|example
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "config/example.h"
#include "http/tls.h"

namespace authd::cli {
namespace {

Result<void> check(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const config::Ingress& ingress = loaded->config.ingress;
  if (!ingress.tls_cert.empty()) {
    if (const auto tls = http::load_tls(ingress.tls_cert, ingress.tls_key); !tls) {
      return Error{ErrorCode::usage, tls.error().message};
    }
  }
  JsonWriter json;
  json.begin_object().field("ok", true).field("file", loaded->file).key("warnings").begin_array();
  for (const std::string& warning : loaded->warnings)
    json.value(warning);
  json.end_array().end_object();
  if (command.is_json()) {
    command.print(json);
    return {};
  }
  for (const std::string& warning : loaded->warnings)
    command.print("warning: " + warning);
  command.print("the configuration is good" +
                (loaded->file.empty() ? std::string(" (no file)") : ": " + loaded->file));
  return {};
}

Result<void> show(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  JsonWriter json;
  json.begin_object();
  std::vector<std::vector<std::string>> rows;
  for (const config::Origin& origin : loaded->origins) {
    json.key(origin.key)
        .begin_object()
        .field("value", origin.value)
        .field("origin", origin.source)
        .end_object();
    rows.push_back({origin.key, origin.value, origin.source});
  }
  json.end_object();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"KEY", "VALUE", "ORIGIN"}, rows));
  }
  return {};
}

// Keys that are given as flags are written out: a package says so where its data is. Other sources
// are not looked at, since what they have may be secret.
Result<void> example(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  std::map<std::string, std::string> given;
  for (const config::Origin& origin : loaded->origins) {
    if (origin.source.starts_with("--")) given.emplace(origin.key, origin.value);
  }
  const std::string file = config::example_file(given);
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object().field("file", file).end_object();
    command.print(json);
  } else {
    command.print(file);
  }
  return {};
}

}  // namespace

void add_config(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("config", "The configuration: check, show, example");
  group->require_subcommand(1);
  for (const auto& [name, help, action] :
       {std::tuple("check", "Check it without starting", &check),
        std::tuple("show", "Show every key, its value, and where that comes from", &show),
        std::tuple("example", "Print a file with every key, commented out, to begin with",
                   &example)}) {
    CLI::App* sub = group->add_subcommand(name, help);
    command.add_common(*sub);
    command.add_keys(*sub);
    sub->callback([&command, action = action] {
      command.action = [&command, action] { return action(command); };
    });
  }
}

}  // namespace authd::cli
