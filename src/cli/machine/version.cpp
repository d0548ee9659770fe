// authd version

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "tables/schema.h"

namespace authd::cli {

void add_version(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand("version", "Show the version");
  set_action(sub, command, [](Command& c) -> Result<void> {
    c.print(std::string("authd ") + AUTHD_VERSION, [](JsonWriter& json) {
      json.begin_object()
          .field("version", AUTHD_VERSION)
          .field("schema_version", tables::kSchemaVersion)
          .end_object();
    });
    return {};
  });
}

}  // namespace authd::cli
