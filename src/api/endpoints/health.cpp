// Endpoints for orchestrators and monitoring: /livez, /readyz, /health, /metrics
#include <algorithm>
#include <array>

#include "api/endpoints/endpoints.h"
#include "auth/sessions/keyring.h"
#include "base/refusal.h"

namespace authd::api {
namespace {

http::Reply status_json(int status, std::string_view word, std::string_view database) {
  JsonWriter json;
  json.begin_object()
      .field("status", word)
      .field("service", "authd")
      .field("version", AUTHD_VERSION)
      .field("database", database)
      .end_object();
  return http::Reply::json(status, std::move(json));
}

// If a writer of another process has not committed for this long, it is holding up this server. The
// job `try_writing` requests the lock every two seconds.
constexpr Milliseconds kHeldUp = std::chrono::seconds(2);

// A read that really accesses the file.
bool has_store(const Context& context) {
  return auth::current_keys(context.auth()).has_value();
}

// A proxy that is not trusted passes requests on from anywhere. So its own address says nothing.
bool may_read_metrics(const Context& context) {
  const http::Request& request = context.request;
  const auto is_passed_on = [&] {
    constexpr std::array kMarks = {"forwarded", "x-forwarded-for", "x-real-ip", "via"};
    return std::any_of(kMarks.begin(), kMarks.end(),
                       [&](const char* mark) { return request.header(mark).has_value(); });
  };
  if (!request.is_from_proxy && is_passed_on()) return false;
  if (request.client == IpAddress{}) return true;  // a unix socket
  const auto& allowed = context.auth().config.metrics.allowed_networks;
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const Network& network) { return network.contains(request.client); });
}

}  // namespace

// The process answers. Nothing else is checked, so that a full disk does not make an orchestrator
// restart it.
Result<http::Reply> live(const Context&) {
  return http::Reply::text(200, "ok\n");
}

// Whether requests may be sent here: not while the server is stopping, when the store cannot be
// read or written, or when this host is cut off from the others.
Result<http::Reply> ready(const Context& context) {
  if (context.api.is_draining()) return http::Reply::text(503, "stopping\n");
  const auto replication = context.auth().store.replication();
  if (replication && !replication->holds_lease) {
    return http::Reply::text(503, context.auth().is_replica
                                      ? "no contact with the main server, see the log\n"
                                      : "no contact with PostgreSQL, see the log\n");
  }
  if (!has_store(context)) return http::Reply::text(503, "store unavailable\n");
  const store::Stats stats = context.auth().store.stats();
  if (!stats.has_files) {
    return http::Reply::text(503, "store files were moved or replaced, see the log\n");
  }
  if (stats.write_waits >= kHeldUp) {
    return http::Reply::text(503, "store is held up by another process, see the log\n");
  }
  if (!stats.can_write) return http::Reply::text(503, "store cannot be written\n");
  return http::Reply::text(200, "ok\n");
}

Result<http::Reply> health(const Context& context) {
  if (!has_store(context)) return status_json(503, "unavailable", "unavailable");
  return status_json(200, "ok", "connected");
}

// The numbers tell when a mail goes out and a login fails, and so, to somebody who causes both, who
// has an account.
Result<http::Reply> metrics(const Context& context) {
  if (!may_read_metrics(context)) {
    return refused(ErrorCode::forbidden, "not_allowed",
                   "Only the networks of metrics.allowed_networks may read the metrics.");
  }
  http::Reply reply;
  reply.body = context.api.metrics.render();
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

}  // namespace authd::api
