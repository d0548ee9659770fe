// authd config check|show
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "http/tls.h"

namespace authd::cli {
namespace {

Result<void> check(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const config::Server& server = loaded->config.server;
  if (!server.tls_cert.empty()) {
    if (const auto tls = http::load_tls(server.tls_cert, server.tls_key); !tls) {
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

}  // namespace

void add_config(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("config", "The configuration: check, show");
  group->require_subcommand(1);
  for (const auto& [name, help, action] :
       {std::tuple("check", "Check it without starting", &check),
        std::tuple("show", "Show every key, its value, and where that comes from", &show)}) {
    CLI::App* sub = group->add_subcommand(name, help);
    command.add_common(*sub);
    command.add_keys(*sub);
    sub->callback([&command, action = action] {
      command.action = [&command, action] { return action(command); };
    });
  }
}

}  // namespace authd::cli
