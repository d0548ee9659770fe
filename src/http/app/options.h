// The options of a front: complete parts of the configuration, and what server/ adds to them.
// Nothing is copied key by key, so no key can be forgotten.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "http/wire/message.h"

namespace authd::http {

// The settings that may change while the front runs, as one value that Front::reload() replaces.
struct Policy {
  config::Ingress ingress;
  config::RateLimits rate_limit;
  config::Cors cors;
  config::RequestLog request_log = config::RequestLog::all;

  static Policy of(const config::Config& config) {
    return {config.ingress, config.rate_limit, config.cors, config.log.requests};
  }
  friend bool operator==(const Policy&, const Policy&) = default;
};

struct FrontOptions {
  explicit FrontOptions(const config::Config& config)
      : server(config.server), public_url(config.public_url), policy(Policy::of(config)) {}

  config::Server server;
  std::string public_url;  // the target of redirects to https
  Policy policy;           // until the first reload

  std::vector<int> inherited;      // listening sockets from systemd; the front owns them
  unsigned socket_threads = 2;     // serve the sockets and the routes of Lane::fast
  unsigned slow_threads = 8;       // for routes of Lane::slow; those of Lane::write: server.workers
  unsigned handshake_threads = 2;  // for the handshakes of TLS
  unsigned max_queue = 512;        // requests that wait for a thread of either
  size_t max_large_bodies = 64 << 20;  // in total, for those beyond max_body (memory_budget.h)
  size_t max_untaken = 64 << 20;       // in total, for replies that their clients do not read
  size_t max_handshakes = 512;         // of TLS, under way at the same time
  size_t max_parked = 4096;            // requests that wait for news (parking.h)
  // The number of the store's newest state, for the routes that park. Never waits. May be empty.
  std::function<uint64_t()> state = {};
  // What a client sees at an unknown address, instead of the error; may be empty, and may return
  // nothing.
  std::function<std::optional<Reply>(const Request&)> missing = {};

  // Total bytes for incomplete requests other than large bodies. One client gets an eighth of it,
  // which is room for at least two of the longest.
  size_t max_partial() const {
    return std::max<size_t>(64 << 20, 16 * (server.max_body + server.max_header));
  }
};

}  // namespace authd::http
