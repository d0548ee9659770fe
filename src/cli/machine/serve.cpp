// authd serve
#include "server/server.h"

#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/machine/named_files.h"
#include "server/serve_replica.h"

namespace authd::cli {
namespace {

// Among lines of the log, the one line that somebody has to find.
void show_setup(const std::string& url) {
  const std::string text = "\n  There is no account yet. Make the first administrator at\n\n    " +
                           url + "\n\n  or with: authd user add NAME --admin\n\n";
  std::fputs(text.c_str(), stderr);
}

struct ServeFlags {
  bool may_change_rp_id = false;
};

Result<void> serve(Command& command, const ServeFlags& flags) {
  const config::Loaded* loaded = TRY(command.loaded());
  const auto& wanted = loaded->config.log;
  const std::unique_ptr<Log> log = make_stderr_log(wanted.level, wanted.format, command.clock());
  for (const std::string& warning : loaded->warnings)
    log->warn(warning);
  const NamedFiles files = open_named_files(*loaded);
  if (!files.problems.empty()) return Error{ErrorCode::usage, joined(files.problems, "\n")};
  for (const std::string& problem : files.later)
    log->error(problem);
  if (!loaded->config.replica.of.empty()) {
    const auto with_settings = [&](const auth::SharedSettings& settings) {
      return command.read_config(settings);
    };
    return server::serve_replica({*loaded, with_settings, server::Systemd::from_environment()},
                                 *log, command.clock(), command.random());
  }
  server::ServeOptions options{*loaded, [&] { return command.read_config(); },
                               server::Systemd::from_environment()};
  const bool is_watched = isatty(STDERR_FILENO) == 1 && wanted.format == LogFormat::text;
  if (is_watched) options.show_setup = &show_setup;
  options.may_change_rp_id = flags.may_change_rp_id;
  return server::serve(std::move(options), *log, command.clock(), command.random());
}

}  // namespace

void add_serve(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand("serve", "Run the server");
  const auto flags = std::make_shared<ServeFlags>();
  sub.add_flag("--rp-id-change", flags->may_change_rp_id,
               "Start although passkeys.rp_id has changed, and the passkeys stop working");
  set_action(sub, command, flags, &serve);
  command.add_keys(sub);
}

}  // namespace authd::cli
