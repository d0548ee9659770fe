#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <string_view>
#include <system_error>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "media/worker.h"

namespace authd::cli {

void add_all(CLI::App& app, Command& command) {
  for (const auto add :
       {&add_serve,  &add_user,    &add_role,    &add_session,   &add_token,  &add_key,
        &add_client, &add_apikey,  &add_mail,    &add_audit,     &add_config, &add_db,
        &add_import, &add_export,  &add_backup,  &add_restore,   &add_init,   &add_health,
        &add_doctor, &add_explain, &add_version, &add_completion}) {
    add(app, command);
  }
}

namespace {

// The code, unless the output was lost (a full disk, a closed descriptor).
int with_output(int code) {
  const bool is_out = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_out || code != kDone) return code;
  std::fprintf(stderr, "authd: cannot write the output\n");
  return kFailed;
}

int run_command(int argc, char** argv) {
  CLI::App app("authd: an authentication server with its database inside", "authd");
  app.require_subcommand(1);
  app.set_version_flag("--version", "authd " AUTHD_VERSION);
  Command command;
  add_all(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return with_output(app.exit(help));
  } catch (const CLI::ParseError& wrong) {
    // Parsing failed before the flags took effect.
    if (std::find(argv, argv + argc, std::string_view("--json")) != argv + argc) {
      command.set_json();
    }
    command.print_error({ErrorCode::usage, std::string(wrong.what()) + "; see --help"});
    return kUsage;
  }
  const Result<void> done = command.action();
  // If the store was unavailable, do not try it again.
  if (done || done.error().code != ErrorCode::unavailable) command.finish();
  if (done) return with_output(kDone);
  std::fflush(stdout);
  command.print_error(done.error());
  return exit_code_of(done.error().code);
}

}  // namespace

// Running out of memory or threads ends here, whatever the command was doing.
int run(int argc, char** argv) {
  // Not a command: this is how the server starts itself (media/converter.h).
  if (argc == 2 && std::string_view(argv[1]) == media::kWorkerArgument) return media::run_worker();
  try {
    return run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr,
                 "authd: this machine is out of memory; stop another program, or raise the limit "
                 "(ulimit -v, ulimit -d)\n");
  } catch (const std::system_error& failure) {
    std::fprintf(stderr,
                 "authd: no more threads can be started (%s); raise the limits (ulimit -u, -v, -d, "
                 "TasksMax= of systemd)\n",
                 failure.what());
  }
  return kFailed;
}

}  // namespace authd::cli
