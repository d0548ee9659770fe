#include "http/front/memory_budget.h"

namespace authd::http {

MemoryBudget::Share MemoryBudget::take(const IpAddress& client, size_t bytes) {
  Share share;
  resize(share, client, Holder::client, bytes);
  return share;
}

bool MemoryBudget::resize(Share& share, const IpAddress& client, Holder holder, size_t bytes) {
  if (bytes == 0) {
    share = Share();
    return true;
  }
  const IpAddress key = share ? share.client_ : client.limit_key();
  const size_t before = share ? share.bytes_ : 0;
  const std::lock_guard lock(mutex_);
  if (bytes > before) {
    const size_t more = bytes - before;
    const size_t held = by_client_[key];  // First, because the map may run out of memory.
    const size_t most = holder == Holder::many ? bytes_ : part_;
    if (more > bytes_ - used_ || held > most || more > most - held) {
      if (held == 0) by_client_.erase(key);
      return false;
    }
  }
  by_client_[key] += bytes - before;  // Unsigned: a difference below zero wraps to the right sum.
  used_ += bytes - before;
  share.budget_ = this;
  share.client_ = key;
  share.bytes_ = bytes;
  return true;
}

void MemoryBudget::give_back(const IpAddress& client, size_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  const auto held = by_client_.find(client);
  held->second -= bytes;
  if (held->second == 0) by_client_.erase(held);
}

}  // namespace authd::http
