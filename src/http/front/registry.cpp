#include "http/front/registry.h"

#include <sys/socket.h>

#include <algorithm>

namespace authd::http {

namespace {

// The share of Limits::all for exempt connections, and of Limits::handshakes for one address.
constexpr size_t kPart = 8;

// The resulting events make the serving thread end it.
void shut_down(Connection& connection, int how) {
  connection.timed_out.store(true, std::memory_order_relaxed);
  shutdown(connection.fd(), how);
}

}  // namespace

void Registry::reserve_for_exempt(bool is_reserved) {
  const std::lock_guard lock(mutex_);
  reserved_ = is_reserved ? limits_.all / kPart : 0;
}

Connection* Registry::insert(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  const IpAddress key = connection->peer.limit_key();
  const bool is_exempt = connection->is_exempt;
  const bool counts = limits_.per_address > 0 && !is_exempt;
  const auto same = per_address_.find(key);
  const size_t of_address = same == per_address_.end() ? 0 : same->second;
  const size_t left_to_exempt = is_exempt ? 0 : reserved_ - std::min(reserved_, exempt_);
  if (open_.size() + left_to_exempt >= limits_.all ||
      (counts && of_address >= limits_.per_address)) {
    refused_ += 1;
    return nullptr;
  }
  // Allocations come first; if one fails, what the others leave behind is harmless.
  if (counts && same == per_address_.end()) per_address_.emplace(key, 0);
  Connection* raw = connection.get();
  std::list<Connection*> shaking;
  std::map<IpAddress, size_t> counted;
  if (raw->phase() == Phase::handshake) {
    shaking.push_back(raw);
    if (!is_exempt) counted.emplace(key, 0);
  }
  open_.emplace(raw, std::move(connection));
  if (!shaking.empty()) {
    bound_handshakes(key);
    raw->shaking = shaking.begin();
    handshakes_.splice(handshakes_.end(), shaking);
    shaking_.merge(counted);  // takes the node, and no memory
    if (!is_exempt) shaking_[key] += 1;
  }
  raw->counts_address = counts;
  if (counts) per_address_[key] += 1;
  if (is_exempt) exempt_ += 1;
  return raw;
}

// Makes room for one more handshake from the address.
void Registry::bound_handshakes(const IpAddress& key) {
  const auto same = shaking_.find(key);
  const size_t of_same = same == shaking_.end() ? 0 : same->second;
  const bool has_its_part = of_same >= std::max(limits_.handshakes / kPart, size_t{1});
  if (!has_its_part && handshakes_.size() < limits_.handshakes) return;
  // An address with one or two handshakes loses none to addresses that begin many.
  const auto most =
      has_its_part
          ? same
          : std::max_element(shaking_.begin(), shaking_.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto cut = std::find_if(handshakes_.begin(), handshakes_.end(), [&](const Connection* one) {
    return most == shaking_.end() || (!one->is_exempt && one->peer.limit_key() == most->first);
  });
  Connection* const connection = *cut;
  forget_handshake(*connection);
  handshakes_cut_ += 1;
  shut_down(*connection, SHUT_RDWR);
}

void Registry::forget_handshake(Connection& connection) {
  if (!connection.shaking) return;
  handshakes_.erase(*connection.shaking);
  connection.shaking.reset();
  if (connection.is_exempt) return;
  const auto count = shaking_.find(connection.peer.limit_key());
  if (--count->second == 0) shaking_.erase(count);
}

void Registry::end_handshake(Connection* connection) {
  const std::lock_guard lock(mutex_);
  forget_handshake(*connection);
}

void Registry::remove(Connection* connection) {
  // Closed under the lock: once its number is free, the kernel may give it to another connection,
  // which the timer must not shut down in its place.
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Connection> closing;
  const auto it = open_.find(connection);
  closing = std::move(it->second);
  open_.erase(it);
  forget_handshake(*closing);
  if (closing->is_exempt) exempt_ -= 1;
  if (!closing->counts_address) return;
  const auto count = per_address_.find(closing->peer.limit_key());
  if (--count->second == 0) per_address_.erase(count);
}

bool Registry::is_silent(Connection& connection, SteadyTime now) {
  const Phase phase = connection.phase();
  if (phase == Phase::working || phase == Phase::parked) return false;  // It waits for us.
  const uint64_t moved = connection.moved.load(std::memory_order_relaxed);
  const bool is_first = connection.watched_since == SteadyTime{};
  if (is_first || moved - connection.moved_before >= kLeastMoved) {
    connection.moved_before = moved;
    connection.watched_since = now;
  }
  return now - connection.watched_since >= kSilence;
}

void Registry::shut_down_late(SteadyTime now, bool ends_idle, bool ends_all) {
  const auto look_at = [&](Connection& connection) {
    const Phase phase = connection.phase();
    const bool is_idle = phase == Phase::idle && ends_idle;
    const bool is_over = is_idle || (ends_idle && is_silent(connection, now));
    if (!is_over && !ends_all && !connection.is_overdue(now)) return;
    // A late request still gets an answer that says so; everything else just ends.
    const bool is_told = (phase == Phase::head || phase == Phase::body) && !ends_all;
    shut_down(connection, is_told ? SHUT_RD : SHUT_RDWR);
  };
  const std::lock_guard lock(mutex_);
  if (ends_idle || ends_all || open_.size() <= kLookedAtAtOnce) {
    for (const auto& [raw, connection] : open_)
      look_at(*connection);
    return;
  }
  // A growing table redistributes its buckets; a connection skipped by that is checked next time.
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

uint64_t Registry::handshakes_cut() const {
  const std::lock_guard lock(mutex_);
  return handshakes_cut_;
}

}  // namespace authd::http
