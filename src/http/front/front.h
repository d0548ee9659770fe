// The front: sockets in, replies out. Threads share one epoll set with one-shot events. A
// connection's bytes are read without blocking until a whole request is there; only then does a
// thread work on it. So a slow or silent client never holds a thread, and it holds only a few
// hundred bytes of memory, or memory that counts towards a shared budget (memory_budget.h): large
// bodies, other incomplete requests, unread replies.
//
// Requests that wait for something go to the threads of their lane (router.h), behind a bounded
// queue. More socket threads than cores would only preempt each other in the middle of a request.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "http/app/metrics.h"
#include "http/app/options.h"
#include "http/app/router.h"
#include "http/front/progress.h"

namespace authd::http {

struct FrontStats {
  size_t connections = 0;
  uint64_t connections_refused = 0;
  size_t working = 0;  // requests in a handler
  size_t parked = 0;   // requests that wait for news
  size_t write_queued = 0;
  size_t slow_queued = 0;
  uint64_t budget_refusals = 0;  // connections ended for max_partial or max_untaken
  uint64_t handshakes_cut = 0;   // handshakes that made room for later ones
  uint64_t rate_limited = 0;
  uint64_t tls_failures = 0;
  Time certificate_ends_at;  // of the served certificate; 0: no TLS
};

class Front {
 public:
  // `routes` and what they capture outlive the front.
  Front(FrontOptions options, std::vector<Route> routes, Log& log, const Clock& clock,
        Random& random, Metrics& metrics);
  ~Front();  // drains without waiting
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Reads the certificate and opens the sockets: from now on, clients can connect and wait. Errors:
  // `unavailable` for a socket, `invalid` for a certificate.
  Result<void> open();

  // Starts the serving threads. Call it after open().
  void start();

  // Where it listens: "127.0.0.1:8080", with the bound port.
  std::vector<std::string> addresses() const;

  // Replaces certificate, hosts, proxies, origins and limits. On an Error nothing changes.
  Result<void> reload(const Policy& policy);

  // Stops listening, lets running requests finish (their replies say Connection: close), ends idle
  // connections, and after `patience` cuts the rest. Returns when every connection is closed and
  // every thread has ended.
  void drain(Milliseconds patience);

  FrontStats stats() const;

  // Between start() and drain().
  Progress progress() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace authd::http
