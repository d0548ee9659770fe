// What a reverse proxy asks: by which rules, and about which request (verify.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace authd::api {

// Views into the request.
struct VerifyQuestion {
  std::vector<std::pair<std::string_view, std::string_view>> rules;  // each name once
  std::string_view method;  // of the original request; empty when the proxy does not say
  std::string_view host;    // with its port
  std::string_view uri;     // path and query; empty when the proxy does not say, or not clearly

  std::optional<std::string_view> rule(std::string_view name) const;
};

// GET /auth/verify?role=admin, the original request in X-Forwarded-Method, -Host and -Uri.
// Errors: `malformed` for a rule that is unknown, empty where it may not be, or there twice. Its
// author meant something else than what would be checked; or the proxy passes the client's own
// query on, and the client would make the rules.
Result<VerifyQuestion> question_by_query(const http::Request& request);

// /auth/ext_authz/role=admin/original/path?and=query, as Envoy asks: by the original method and
// Host, its path_prefix before the original path. "-" is no rule. What headers say of the original
// request is not read: Envoy sets none, so it would be the client's word. The rules have to be
// there, so that a prefix without them lets nobody in, instead of whoever writes rules into a path.
// Errors: as above.
Result<VerifyQuestion> question_by_path(const http::Request& request);

}  // namespace authd::api
