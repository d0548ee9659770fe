// What happens between a complete request and its reply, the same for every route: request id, who
// the client is, which hosts are answered, https, cross-origin rules, route, limits, handler,
// headers, log, metrics. Knows nothing of sockets.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "http/app/metrics.h"
#include "http/app/options.h"
#include "http/app/rate_limiter.h"
#include "http/app/router.h"
#include "http/wire/head.h"
#include "http/wire/message.h"

namespace authd::http {

// A request as the front hands it over.
struct Exchange {
  Head head;
  std::string_view body;
  IpAddress peer;
  bool has_tls = false;
  bool is_overloaded = false;                    // the queue of its lane is full: answer 503
  std::optional<RateLimiter::Decision> limited;  // when App::admit() has already asked for it
  bool is_redirected = false;                    // came to a listener that only redirects to https
  bool may_park = false;                         // Request::may_park
  SteadyTime received;
};

// What cpp-httplib decodes from the target.
struct DecodedTarget {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

// Thread-safe.
class App {
 public:
  App(Router router, const FrontOptions& options, Log& log, const Clock& clock, Random& random,
      Metrics& metrics);

  // Replaces the settings that may change while the server runs.
  void set_policy(Policy policy);

  // The lane of a complete request. For a lane with a queue the rate limit is applied here: a
  // request that is refused anyway must not take the place of others.
  struct Admission {
    Lane lane = Lane::fast;
    std::optional<RateLimiter::Decision> limited;
    bool may_park = false;  // Route::parks
    bool is_refused() const { return limited && !limited->is_allowed; }
  };
  Admission admit(const Head& head, std::string_view body, const IpAddress& peer,
                  SteadyTime received);

  // The longest body that the request's route accepts from this client; anything beyond
  // server.max_body comes out of the budget (memory_budget.h). Only the head of the request is
  // known yet.
  size_t body_limit(const Head& head) const;
  // The client behind the request's trusted proxies, for that budget.
  IpAddress client_of(const Head& head, const IpAddress& peer) const;

  // The reply with all headers except those of the connection. One that is parked is neither logged
  // nor counted.
  Reply handle(const Exchange& exchange, const DecodedTarget& target);

  // 24 hex digits, unique for this process.
  using RequestId = std::array<char, 24>;
  RequestId make_request_id();
  std::string next_request_id();

  uint64_t rate_limited() const { return rate_limited_.load(std::memory_order_relaxed); }
  const Router& router() const { return router_; }

 private:
  struct Context;
  Reply respond(Context& context);
  Reply route(Context& context);
  std::optional<Reply> limit(Context& context, const Policy& policy);
  void log_request(const Context& context, const Reply& reply, SteadyTime::duration took);
  std::optional<RateLimiter::Decision> take(Limit limit, const Policy& policy,
                                            const IpAddress& client, SteadyTime now);
  std::shared_ptr<const Policy> policy() const;

  Router router_;
  const bool force_https_;
  const std::string hsts_;  // empty: not sent
  const size_t max_body_;
  const std::string public_url_;
  const std::function<std::optional<Reply>(const Request&)> missing_;
  Log& log_;
  const Clock& clock_;
  const std::string request_id_prefix_;
  std::atomic<uint32_t> request_count_{0};
  Metrics& metrics_;
  RateLimiter limiter_;
  std::atomic<uint64_t> rate_limited_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;
};

// The names of the security headers and their values, for the reply's head as a whole.
std::string_view security_headers();

}  // namespace authd::http
