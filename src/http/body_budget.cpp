#include "http/body_budget.h"

namespace authd::http {

BodyBudget::Share BodyBudget::take(const IpAddress& client, size_t bytes) {
  const IpAddress key = client.limit_key();
  const std::lock_guard lock(mutex_);
  const auto held = by_client_.find(key);
  const size_t mine = held == by_client_.end() ? 0 : held->second;
  Share share;
  if (bytes > bytes_ - used_ || mine > bytes_ / 2 || bytes > bytes_ / 2 - mine) return share;
  by_client_[key] = mine + bytes;  // First: there may be no memory for it.
  used_ += bytes;
  share.budget_ = this;
  share.client_ = key;
  share.bytes_ = bytes;
  return share;
}

void BodyBudget::give_back(const IpAddress& client, size_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  const auto held = by_client_.find(client);
  held->second -= bytes;
  if (held->second == 0) by_client_.erase(held);
}

}  // namespace authd::http
