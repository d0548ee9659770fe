// The route table: exact paths by hash first, then patterns segment by segment. cpp-httplib's own
// matching is linear (100 routes cost a quarter of the throughput), so it sees none of our routes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace authd::http {

// Which threads run the handler.
enum class Lane {
  fast,   // those of the sockets, one per core: the handler never waits for anything
  write,  // those for handlers that wait for a durable commit; many, since writers share commits
  slow,   // those for handlers that wait for a password hash, so that a storm of logins holds no
          // other
};

// The classes of rate_limit.* in the configuration. `files` (pages, their files, documentation) has
// the rate of `standard` and a count of its own: whoever loads pages keeps their share of the API.
// `none` is for health checks, metrics, and what programs ask for all of their users: only for
// routes that cost at most a few times as much as /livez (strangers_test.py measures them).
enum class Limit { none, standard, files, login, signup, refresh, mail };

struct Route {
  Method method;
  // "/api/v1/users/me", "/api/v1/users/me/sessions/:id"; a last segment "*" is one or more of any.
  std::string pattern;
  Limit limit = Limit::standard;
  Lane lane = Lane::fast;
  std::function<Result<Reply>(const Request&)> handler;
  // Bytes of a body that this route takes where it is more than FrontOptions::max_body.
  size_t max_body = 0;
  // Whether this request may use it; asked when the head is there, before the body is. Null: any.
  std::function<bool(const Request&)> admits = {};
  // A request with "Authorization: Basic" waits for a password hash: Lane::slow, whatever `lane`
  // is.
  bool has_slow_passwords = false;
};

// Immutable after its construction.
class Router {
 public:
  // CHECKs that no two routes have the same method and pattern.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // null: no route, see `allowed`
    std::vector<std::pair<std::string_view, std::string_view>> params;
    std::string
        allowed;  // "GET, HEAD, OPTIONS" when the path is known with other methods; else empty
  };
  // HEAD finds the routes of GET. `path` is decoded and outlives the match.
  Match find(Method method, std::string_view path) const;

  // The pattern that a path has routes under, whatever their methods; empty when there is none.
  std::string_view pattern_of(std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Segments {
    std::vector<std::string> parts;  // ":id" is a parameter
    std::vector<const Route*> routes;
  };

  std::vector<Route> routes_;
  std::unordered_map<std::string_view, std::vector<const Route*>> exact_;
  std::vector<Segments> patterns_;
};

}  // namespace authd::http
