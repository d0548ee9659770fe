// authd health

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "config/reading/values.h"
#include "http/front/probe.h"
#include "store/directory.h"

namespace authd::cli {
namespace {

constexpr Milliseconds kPatience{3000};

struct Target {
  config::Listen listen;
  bool has_tls = false;
};

// Where the server of the data directory listens, as it wrote down itself; nullopt if none runs
// there, or if it may not be asked.
std::optional<Target> running_target(const std::string& directory) {
  constexpr std::string_view kTls = "https ";
  constexpr std::string_view kPlain = "http ";
  for (const std::string& note : store::notes_of_server(directory)) {
    const bool has_tls = note.starts_with(kTls);
    const std::string address =
        note.substr(std::min(note.size(), (has_tls ? kTls : kPlain).size()));
    if (const auto listen = config::parse_listen(address)) return Target{*listen, has_tls};
  }
  return std::nullopt;
}

// --listen, else the running server's own word, else the configuration.
Result<Target> find_target(const config::Loaded& loaded) {
  const bool is_named = config::source_of(loaded, "server.listen").starts_with("--");
  if (!is_named) {
    if (const auto running = running_target(loaded.config.server.data_dir)) return *running;
  }
  for (const config::Listen& one : loaded.config.server.listen) {
    if (one.kind == config::Listen::Kind::systemd) continue;
    return Target{one, !loaded.config.ingress.tls_cert.empty()};
  }
  return Error{ErrorCode::usage,
               "the server listens on systemd's sockets only; name one of them with --listen, or "
               "its data directory with --data-dir"};
}

Result<void> health(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const Target target = TRY(find_target(*loaded));
  const int status = TRY(http::probe(target.listen, target.has_tls, "/readyz", kPatience));
  const bool is_ready = status == 200;
  command.print(is_ready ? "ready" : "", [&](JsonWriter& json) {
    json.begin_object()
        .field("status", is_ready ? "ok" : "unavailable")
        .field("ready", is_ready)
        .field("http_status", status)
        .end_object();
  });
  if (is_ready) return {};
  return Error{ErrorCode::invalid,
               "the server is not ready (status " + std::to_string(status) + ")"};
}

}  // namespace

void add_health(const Subcommand& app, Command& command) {
  const Subcommand sub =
      app.add_subcommand("health", "Ask the running server whether it is ready; exit code 0 if so");
  set_action(sub, command, &health);
  command.add_keys(sub);
}

}  // namespace authd::cli
