// authd doctor
#include "server/doctor/doctor.h"
#include "base/text.h"

#include <unistd.h>

#include <cstdio>

#include "cli/frame/commands.h"
#include "cli/frame/findings.h"
#include "cli/frame/group.h"
#include "config/reading/values.h"
#include "mail/message.h"
#include "store/directory.h"

namespace authd::cli {
namespace {

using server::doctor::Examination;
using server::doctor::Severity;

// One line, overwritten each time, only on a terminal; empty text removes it.
void show_subject(const std::string& subject) {
  if (isatty(STDERR_FILENO) != 1) return;
  std::fprintf(stderr, "\r\033[K%s", subject.empty() ? "" : ("checking " + subject).c_str());
  std::fflush(stderr);
}

void write_examination(JsonWriter& json, const Examination& done) {
  json.begin_object();
  write_ok(json, done.findings);
  json.key("server");
  if (done.server) {
    json.value(*done.server);
  } else {
    json.null();
  }
  write_findings(json, done.findings);
  json.end_object();
}

// If the configuration does not load, that is the only finding.
Examination only_configuration(const Error& error) {
  Examination done;
  for (std::string& problem : config::problems_of(error)) {
    done.findings.push_back({"configuration", Severity::fail, std::move(problem),
                             "correct it and run authd config check"});
  }
  return done;
}

Result<Examination> examine(Command& command, const server::doctor::Choice& choice) {
  const Result<const config::Loaded*> loaded = command.loaded();
  if (!loaded) return only_configuration(loaded.error());
  const std::string& directory = (*loaded)->config.server.data_dir;
  const std::optional<int> server = store::running_server(directory);
  std::fprintf(
      stderr, "data directory: %s (%s)\n", directory.c_str(),
      server ? ("served by process " + std::to_string(*server)).c_str() : "no server runs");
  // This server's own address is not asked through the proxy.
  const config::Config& config = (*loaded)->config;
  std::vector<std::string> direct = config.fetch.no_proxy;
  direct.push_back(config::host_of(config.public_url));
  fetch::HttpsClient fetch({config.fetch.proxy, joined(direct, ","), config.fetch.ca_file});
  const server::doctor::Means means{fetch, command.log(), command.clock(), command.random()};
  Result<Examination> done = server::doctor::examine(
      **loaded, means, choice, [](const char* subject) { show_subject(subject); });
  show_subject("");
  return done;
}

Result<void> run_doctor(Command& command, const server::doctor::Choice& choice) {
  if (!choice.mail_to.empty() && !mail::is_address(choice.mail_to)) {
    return Error{ErrorCode::usage,
                 "--mail: \"" + printable(choice.mail_to) + "\" is not a mail address"};
  }
  const Examination done = TRY(examine(command, choice));
  command.print(text_of(done.findings), [&](JsonWriter& json) { write_examination(json, done); });
  return verdict(done.findings);
}

}  // namespace

void add_doctor(const Subcommand& app, Command& command) {
  const Subcommand sub = app.add_subcommand(
      "doctor", "Check everything that can be wrong with an installation, and say what to do");
  command.add_keys(sub);
  const auto choice = std::make_shared<server::doctor::Choice>();
  set_action(sub, command, choice, &run_doctor);
  const std::string names =
      joined(server::doctor::all_checks(), ", ", &server::doctor::Check::name);
  sub.add_option("--only", choice->only, "Only these checks, of: " + names).type_name("CHECK");
  sub.add_option("--skip", choice->skip, "Leave these checks out").type_name("CHECK");
  sub.add_option("--mail", choice->mail_to, "Send a test mail to this address")
      .type_name("ADDRESS");
}

}  // namespace authd::cli
