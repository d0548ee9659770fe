// fastapi: its API is the canonical one under /api/v1; this file has the additions.
#include "api/compat/compat.h"
#include "auth/sessions/keyring.h"

namespace authd::api::compat {

// GET /api/health → 200, or 503 when the store cannot be read
Result<http::Reply> fastapi_health(const Context& context) {
  const bool has_store = auth::current_keys(context.auth()).has_value();
  JsonWriter json;
  json.begin_object()
      .field("status", has_store ? "healthy" : "unhealthy")
      .field("service", "Authentication API")
      .field("version", AUTHD_VERSION)
      .field("database", has_store ? "connected" : "disconnected")
      .end_object();
  return http::Reply::json(has_store ? 200 : 503, std::move(json));
}

}  // namespace authd::api::compat
