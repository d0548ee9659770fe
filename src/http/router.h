// The route table: exact paths by hash first, then patterns segment by segment. cpp-httplib's own
// matching is linear (100 routes cost a quarter of the throughput), so it sees none of our routes.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace authd::http {

// Which threads run the handler. Slow handlers (those that hash a password) have threads and a
// bounded queue of their own, so that a storm of logins never holds the threads of cheap requests.
enum class Lane { fast, slow };

// The classes of rate_limit.* in the configuration; none is for health checks and metrics.
enum class Limit { none, standard, login, signup, refresh, mail };

struct Route {
  Method method;
  std::string pattern;  // "/api/v1/users/me", "/api/v1/users/me/sessions/:id"
  Limit limit = Limit::standard;
  Lane lane = Lane::fast;
  std::function<Result<Reply>(const Request&)> handler;
};

}  // namespace authd::http
