// authd health

#include "cli/commands.h"
#include "cli/group.h"
#include "http/front/probe.h"

namespace authd::cli {
namespace {

constexpr Milliseconds kPatience{3000};

Result<void> health(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const config::Server& server = loaded->config.server;
  const config::Listen* listen = nullptr;
  for (const config::Listen& one : server.listen) {
    if (one.kind != config::Listen::Kind::systemd && listen == nullptr) listen = &one;
  }
  if (listen == nullptr) {
    return Error{ErrorCode::usage,
                 "the server listens on systemd's sockets only; name one of them with --listen"};
  }
  const bool has_tls = !loaded->config.ingress.tls_cert.empty();
  const int status = TRY(http::probe(*listen, has_tls, "/readyz", kPatience));
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

void add_health(CLI::App& app, Command& command) {
  CLI::App* sub =
      app.add_subcommand("health", "Ask the running server whether it is ready; exit code 0 if so");
  set_action(*sub, command, &health);
  command.add_keys(*sub);
}

}  // namespace authd::cli
