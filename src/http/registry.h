// All connections that are open: how many in all and per address, and which of them are late.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "http/connection.h"

namespace authd::http {

// Thread-safe. Owns the connections; a pointer from insert() is good until remove(), which only the
// thread that serves the connection calls.
class Registry {
 public:
  Registry(size_t max_all, size_t max_per_address)
      : max_all_(max_all), max_per_address_(max_per_address) {}

  // Null (and the connection is closed) when a limit is reached. `is_exempt` from the limit per
  // address: proxies and unix sockets stand for many clients.
  Connection* insert(std::unique_ptr<Connection> connection, bool is_exempt);
  void remove(Connection* connection);

  // Shuts down what is overdue: the events that follow make the serving thread end it. With
  // `ends_idle` idle ones are overdue at once, with `ends_all` every one is. Of more than
  // kLookedAtAtOnce only one in kTurns is looked at in a call, unless one of these is asked for:
  // ten thousand idle connections would cost a hundredth of a core otherwise.
  void shut_down_late(SteadyTime now, bool ends_idle, bool ends_all);

  size_t size() const;
  uint64_t refused() const;

 private:
  static constexpr size_t kLookedAtAtOnce = 1000;
  static constexpr size_t kTurns = 8;

  const size_t max_all_;
  const size_t max_per_address_;
  mutable std::mutex mutex_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> open_;
  size_t next_bucket_ = 0;  // of open_, to be looked at
  std::map<IpAddress, size_t> per_address_;
  uint64_t refused_ = 0;
};

}  // namespace authd::http
