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
#include "config/limits.h"
#include "http/wire/message.h"

namespace authd::http {

// Which threads run the handler.
enum class Lane {
  fast,   // the socket threads, one per core: the handler never waits for anything
  write,  // threads for handlers that wait for a durable commit; many, since writers share commits
  slow,   // threads for handlers that wait for a password hash, so a storm of logins holds no
          // others
};

using config::Limit;

struct Route {
  Method method;
  // "/api/v1/users/me", "/api/v1/users/me/sessions/:id"; a last segment "*" is one or more of any.
  std::string pattern;
  Limit limit = Limit::standard;
  Lane lane = Lane::fast;
  std::function<Result<Reply>(const Request&)> handler;
  // The longest body that this route accepts, in bytes, if more than server.max_body.
  size_t max_body = 0;
  // Whether this request may use it; asked after the head, before the body. Null: any may.
  std::function<bool(const Request&)> admits = {};
  // A request may bring a password as "Authorization: Basic". It then waits for a password hash:
  // Lane::slow, whatever `lane` is.
  bool takes_basic = false;
  // A request with this text in its body, such as the name of a parameter, may wait for a commit or
  // for another server: Lane::write, whatever `lane` is. Empty: none does.
  std::string_view waits_for = {};
  // May answer with Reply::parked(): of Lane::write, and without a body.
  bool parks = false;
  // The path carries a secret, or the path of another application's request: logs show the pattern
  // instead, and the path is in no redirect. Routes with the same pattern agree on this and on
  // `is_probe`.
  bool hides_path = false;
  // Scripts of every site may call it and read the reply: no cookie counts there. Routes with the
  // same pattern agree.
  bool for_any_origin = false;
  // For orchestrators: answered for any Host header, and without https.
  bool is_probe = false;
};

// Immutable after construction.
class Router {
 public:
  // CHECKs that no two routes have the same method and pattern, and that those with the same
  // pattern agree where required.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;    // null: no route, see `allowed`
    const Route* at_path = nullptr;  // any route at the path, whatever its method; null: none
    std::vector<std::pair<std::string_view, std::string_view>> params;
    std::string
        allowed;  // "GET, HEAD, OPTIONS" if the path is known with other methods; else empty
  };
  // HEAD finds the routes of GET. `path` is decoded and outlives the match.
  Match find(Method method, std::string_view path) const;

  // All methods of the routes: "GET, HEAD, POST, OPTIONS".
  std::string methods() const;

  // The words that come right before a secret at the end of a path: "reset-password" of
  // "/reset-password/:token".
  const std::vector<std::string>& words_before_secrets() const { return words_before_secrets_; }

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Segments {
    std::vector<std::string> parts;  // ":id" is a parameter
    std::vector<const Route*> routes;
  };

  std::vector<Route> routes_;
  std::unordered_map<std::string_view, std::vector<const Route*>> exact_;
  std::vector<Segments> patterns_;
  std::vector<std::string> words_before_secrets_;
};

}  // namespace authd::http
