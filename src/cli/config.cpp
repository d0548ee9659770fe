// authd config check|show|example

#include "cli/commands.h"
#include "cli/group.h"
#include "config/example.h"
#include "http/front/tls.h"

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
  std::string text;
  for (const std::string& warning : loaded->warnings)
    text += "warning: " + warning + "\n";
  text +=
      "the configuration is valid" + (loaded->file.empty() ? " (no file)" : ": " + loaded->file);
  command.print(text, [&](JsonWriter& json) {
    json.begin_object().field("ok", true);
    api::text_or_null(json, "file", loaded->file);
    json.key("warnings").begin_array();
    for (const std::string& warning : loaded->warnings)
      json.value(warning);
    json.end_array().end_object();
  });
  return {};
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

void add_config(CLI::App& app, Command& command) {
  CLI::App& group = make_group(app, "config", "The configuration: check, show, example");
  for (const auto& [name, help, action] :
       {std::tuple("check", "Check it without starting the server", &check),
        std::tuple("show", "Show every key, its value, and where the value comes from", &show),
        std::tuple("example", "Print a template with every key, commented out", &example)}) {
    CLI::App* sub = group.add_subcommand(name, help);
    set_action(*sub, command, action);
    command.add_keys(*sub);
  }
}

}  // namespace authd::cli
