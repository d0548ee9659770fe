// authd version
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "tables/schema.h"

namespace authd::cli {

void add_version(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("version", "Show the version");
  command.add_common(*sub);
  sub->callback([&command] {
    command.action = [&command]() -> Result<void> {
      JsonWriter json;
      json.begin_object()
          .field("version", AUTHD_VERSION)
          .field("schema_version", tables::kSchemaVersion)
          .end_object();
      if (command.is_json()) {
        command.print(json);
      } else {
        command.print(std::string("authd ") + AUTHD_VERSION);
      }
      return {};
    };
  });
}

}  // namespace authd::cli
