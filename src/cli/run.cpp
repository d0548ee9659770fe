#include "cli/run.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/frame/arguments.h"
#include "cli/frame/commands.h"
#include "cli/frame/complete.h"
#include "cli/frame/exit_code.h"
#include "cli/frame/help.h"
#include "cli/frame/layout.h"
#include "media/worker.h"

namespace authd::cli {

void add_all(const Subcommand& app, Command& command) {
  for (const auto add :
       {&add_serve,   &add_user,       &add_role,    &add_session,       &add_token,  &add_key,
        &add_client,  &add_resource,   &add_invite,  &add_apikey,        &add_mail,   &add_branding,
        &add_audit,   &add_events,     &add_webhook, &add_password_list, &add_config, &add_db,
        &add_cluster, &add_replica,    &add_apply,   &add_state,         &add_import, &add_export,
        &add_backup,  &add_restore,    &add_init,    &add_health,        &add_doctor, &add_explain,
        &add_version, &add_completion, &add_help}) {
    add(app, command);
  }
}

namespace {

using Words = std::vector<std::string>;

// The code, unless the output was lost (a full disk, a closed descriptor).
int with_output(int code) {
  const bool is_out = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_out || (code != kDone && code != kChanges)) return code;
  std::fprintf(stderr, "authd: cannot write the output\n");
  return kFailed;
}

// The common flags may stand before the command as well: `authd --data-dir D user list`.
void add_common_to_groups(CLI::App& app, Command& command) {
  const std::vector<CLI::App*> subcommands = app.get_subcommands([](CLI::App*) { return true; });
  if (subcommands.empty()) return;
  // One that also runs by itself, as `authd invite`, has them.
  if (app.get_option_no_throw("--json") == nullptr) command.add_common(Subcommand(app));
  for (CLI::App* one : subcommands)
    add_common_to_groups(*one, command);
}

bool has_word(const Words& words, std::string_view wanted) {
  return std::find(words.begin(), words.end(), wanted) != words.end();
}

int refuse(Command& command, const CLI::App& app, const Words& words, const std::string& cause) {
  // Parsing failed before the flags took effect.
  if (has_word(words, "--json")) command.set_json();
  command.print_error({ErrorCode::usage, explain_refusal(app, words, cause)});
  return kUsage;
}

// `authd help user add` is `authd user add --help`, --help-all is --help that says more, and
// `--listen=` gives an empty value, which CLI11 takes only as a word of its own.
Words as_flags(const Words& given) {
  Words words;
  const bool asks_help = !given.empty() && given.front() == "help" && !has_word(given, "--help") &&
                         !has_word(given, "-h");
  for (const std::string& word : std::span(given).subspan(asks_help ? 1 : 0)) {
    const bool is_emptied = word.starts_with("--") && word.find('=') + 1 == word.size();
    words.push_back(word == "--help-all" ? "--help" : word.substr(0, word.size() - is_emptied));
    if (is_emptied) words.emplace_back();
  }
  if (asks_help) words.emplace_back("--help");
  return words;
}

int run_command(const Words& given) {
  CLI::App app("authd: an authentication server with its database inside", "authd");
  app.formatter(make_formatter(columns_of(STDOUT_FILENO)));
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", "authd " AUTHD_VERSION);
  Command command;
  if (has_word(given, "--help-all")) command.show_keys();
  add_all(Subcommand(app), command);
  add_common_to_groups(app, command);
  add_footers(app);
  if (!given.empty() && given.front() == kCompleteCommand) {
    complete(app, command, std::span(given).subspan(1));
    return with_output(kDone);
  }
  const Words words = as_flags(given);
  try {
    if (words != given) {
      // Help for a command that does not exist would be help for the one above it.
      const Place place = follow(app, words);
      if (!place.problem.empty()) return refuse(command, app, words, "");
    }
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::Success& help) {
    return with_output(app.exit(help));
  } catch (const CLI::ParseError& wrong) {
    return refuse(command, app, words, wrong.what());
  }
  const Result<void> done = command.action();
  // If the store was unavailable, do not try it again.
  if (done || done.error().code != ErrorCode::unavailable) command.finish();
  if (done) return with_output(command.exit_code());
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
    return run_command(Words(argv + std::min(argc, 1), argv + argc));
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
