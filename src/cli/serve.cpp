// authd serve
#include "server/server.h"

#include "cli/commands.h"
#include "cli/group.h"

namespace authd::cli {
namespace {

Result<void> serve(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const auto& wanted = loaded->config.log;
  const std::unique_ptr<Log> log = make_stderr_log(wanted.level, wanted.format, command.clock());
  for (const std::string& warning : loaded->warnings)
    log->warn(warning);
  server::ServeOptions options{*loaded, [&] { return command.read_config(); },
                               server::Systemd::from_environment()};
  return server::serve(std::move(options), *log, command.clock(), command.random());
}

}  // namespace

void add_serve(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand("serve", "Run the server");
  set_action(*sub, command, &serve);
  command.add_keys(*sub);
}

}  // namespace authd::cli
