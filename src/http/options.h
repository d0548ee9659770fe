// How a front is set up. server/ fills it from the configuration; the parts below `Limits` can be
// replaced while the front runs (Front::reload).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "config/config.h"
#include "http/message.h"

namespace authd::http {

// What may change while the server runs.
struct Policy {
  std::string tls_cert;  // PEM files; empty: no TLS
  std::string tls_key;
  std::vector<std::string> allowed_hosts = {"*"};
  std::vector<Network> trusted_proxies;
  bool reads_forwarded = false;  // their Forwarded header, else X-Forwarded-*
  std::vector<std::string> cors_origins;
  bool rate_limits = true;
  config::Rate login{5, std::chrono::minutes(1)};
  config::Rate signup{5, std::chrono::minutes(1)};
  config::Rate refresh{10, std::chrono::minutes(1)};
  config::Rate mail{5, std::chrono::minutes(1)};
  config::Rate standard{600, std::chrono::minutes(1)};
};

struct FrontOptions {
  std::vector<config::Listen> listen;
  std::vector<config::Listen> redirect_listen;
  std::vector<int> inherited;  // listening sockets from systemd; the front owns them
  std::string public_url;      // where redirects to https go
  bool force_https = false;
  unsigned socket_threads = 2;     // serve the sockets and the routes of Lane::fast
  unsigned write_threads = 8;      // for routes of Lane::write
  unsigned slow_threads = 8;       // for routes of Lane::slow
  unsigned handshake_threads = 2;  // for the handshakes of TLS
  unsigned max_queue = 512;        // requests that wait for a thread of either
  size_t max_connections = 10000;
  size_t max_connections_per_address = 1000;  // 0: no limit
  size_t max_body = 64 << 10;
  size_t max_large_bodies = 64 << 20;  // in all, of those beyond max_body (memory_budget.h)
  size_t max_partial = 64 << 20;       // in all, of other requests that have not arrived whole
  size_t max_untaken = 64 << 20;       // in all, of replies that their clients do not take
  size_t max_handshakes = 512;         // of TLS, under way at the same time
  size_t max_header = 16 << 10;
  Milliseconds handshake_timeout{10'000};
  Milliseconds header_timeout{10'000};
  Milliseconds body_timeout{30'000};
  Milliseconds idle_timeout{60'000};
  Milliseconds write_timeout{30'000};
  // What a client is shown at an address where there is nothing, instead of the error; may be
  // empty, and return nothing.
  std::function<std::optional<Reply>(const Request&)> missing = {};
  Policy policy;
};

}  // namespace authd::http
