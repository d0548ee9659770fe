#include "http/registry.h"

#include <sys/socket.h>

namespace authd::http {

Connection* Registry::insert(std::unique_ptr<Connection> connection, bool is_exempt) {
  const std::lock_guard lock(mutex_);
  const IpAddress key = connection->peer.limit_key();
  const bool counts = max_per_address_ > 0 && !is_exempt;
  const auto same = per_address_.find(key);
  const size_t of_address = same == per_address_.end() ? 0 : same->second;
  if (open_.size() >= max_all_ || (counts && of_address >= max_per_address_)) {
    refused_ += 1;
    return nullptr;
  }
  // What needs memory comes first, and what stays of it when there is none counts nothing.
  if (counts && same == per_address_.end()) per_address_.emplace(key, 0);
  Connection* raw = connection.get();
  open_.emplace(raw, std::move(connection));
  raw->counts_address = counts;
  if (counts) per_address_[key] += 1;
  return raw;
}

void Registry::remove(Connection* connection) {
  // Closed under the lock: once its number is free, the kernel may give it to another connection,
  // which the timer must not shut down in its place.
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Connection> closing;
  const auto it = open_.find(connection);
  closing = std::move(it->second);
  open_.erase(it);
  if (!closing->counts_address) return;
  const auto count = per_address_.find(closing->peer.limit_key());
  if (--count->second == 0) per_address_.erase(count);
}

void Registry::shut_down_late(SteadyTime now, bool ends_idle, bool ends_all) {
  const auto look_at = [&](Connection& connection) {
    const Phase phase = connection.phase();
    const bool is_idle = phase == Phase::idle && ends_idle;
    if (!is_idle && !ends_all && !connection.is_overdue(now)) return;
    connection.timed_out.store(true, std::memory_order_relaxed);
    // A request that came late is still told so; everything else just ends.
    const bool is_told = (phase == Phase::head || phase == Phase::body) && !ends_all;
    shutdown(connection.fd(), is_told ? SHUT_RD : SHUT_RDWR);
  };
  const std::lock_guard lock(mutex_);
  if (ends_idle || ends_all || open_.size() <= kLookedAtAtOnce) {
    for (const auto& [raw, connection] : open_)
      look_at(*connection);
    return;
  }
  // A growing table deals its buckets anew; who is passed over by that has the next turn.
  const size_t buckets = open_.bucket_count();
  for (size_t left = buckets / kTurns + 1; left > 0; --left) {
    next_bucket_ = (next_bucket_ + 1) % buckets;
    for (auto it = open_.begin(next_bucket_); it != open_.end(next_bucket_); ++it)
      look_at(*it->second);
  }
}

size_t Registry::size() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

uint64_t Registry::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace authd::http
