// A reverse proxy's question: the rules to check, and the request that it asks about (verify.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/wire/message.h"

namespace authd::api {

// Views into the request.
struct VerifyQuestion {
  std::vector<std::pair<std::string_view, std::string_view>> rules;  // each name once
  std::string_view method;  // of the original request; empty if the proxy does not send it
  std::string_view host;    // including the port
  std::string_view
      uri;  // path and query; empty if the proxy does not send it, or sends it ambiguously

  std::optional<std::string_view> rule(std::string_view name) const;
  // Whether one of the names in the rule is held, or there is no such rule.
  bool allows(std::string_view name, const std::vector<std::string>& held) const;
};

// GET /auth/verify?role=admin, with the original request in X-Forwarded-Method, -Host and -Uri.
// Errors: `malformed` for a rule that is unknown, occurs twice, or is empty where that is not
// allowed. Either the operator's rule would not mean what was intended, or the proxy passes on the
// client's query, and the client could set the rules.
Result<VerifyQuestion> question_by_query(const http::Request& request);

// /auth/ext_authz/role=admin/original/path?and=query, as Envoy asks: with the original method and
// Host, and its path_prefix before the original path. "-" means no rule. Headers about the original
// request are ignored: Envoy sets none, so they would come from the client. The rules segment is
// required: without it, a client could put rules into its own path; with it, a prefix that lacks
// the rules lets nobody in. Errors: as above.
Result<VerifyQuestion> question_by_path(const http::Request& request);

}  // namespace authd::api
