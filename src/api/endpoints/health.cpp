// Endpoints for orchestrators and monitoring: /livez, /readyz, /health, /metrics
#include "api/endpoints/endpoints.h"
#include "auth/sessions/keyring.h"

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

}  // namespace

// The process answers. Nothing else is checked, so that a full disk does not make an orchestrator
// restart it.
Result<http::Reply> live(const Context&) {
  return http::Reply::text(200, "ok\n");
}

// Whether requests may be sent here: not while the server is stopping, or when the store cannot be
// read or written.
Result<http::Reply> ready(const Context& context) {
  if (context.api.is_draining()) return http::Reply::text(503, "stopping\n");
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

Result<http::Reply> metrics(const Context& context) {
  http::Reply reply;
  reply.body = context.api.metrics.render();
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

}  // namespace authd::api
