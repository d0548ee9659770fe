#include "http/app/cors.h"

#include <algorithm>

#include "http/wire/head.h"

namespace authd::http {
namespace {

bool is_listed(std::string_view origin, const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    return one != "*" && equal_names(one, origin);
  });
}

}  // namespace

void allow_origin(Reply& reply, std::string_view origin, const std::vector<std::string>& allowed) {
  if (allowed.empty()) return;
  const bool is_any = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  if (!is_any || allowed.size() > 1)
    reply.with("Vary", "Origin");  // Even when refused: caches must not mix them up.
  if (origin.empty()) return;
  const bool has_credentials = is_listed(origin, allowed);
  if (!is_any && !has_credentials) return;
  reply.with("Access-Control-Allow-Origin", has_credentials ? std::string(origin) : "*");
  if (has_credentials) reply.with("Access-Control-Allow-Credentials", "true");
  reply.with("Access-Control-Expose-Headers",
             "X-Request-ID, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
             "WWW-Authenticate, ETag, DPoP-Nonce");
}

Reply preflight(std::string_view allow, std::string_view origin,
                const std::vector<std::string>& allowed) {
  Reply reply = Reply::no_content();
  reply.with("Access-Control-Allow-Methods", std::string(allow));
  std::string headers = "Authorization, Content-Type, DPoP, X-API-Key, X-Request-ID, X-Authd-Work";
  if (is_listed(origin, allowed)) headers += ", X-Authd-Session, X-CSRF-Token";
  reply.with("Access-Control-Allow-Headers", std::move(headers));
  reply.with("Access-Control-Max-Age", "600");
  return reply;
}

}  // namespace authd::http
