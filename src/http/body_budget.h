// Memory for bodies beyond server.max_body, which only a few routes take (Route::max_body). What
// all of them may hold together is bounded, and so is what those of one client may, so that
// nobody alone keeps the others out. Who gets no share is answered 503 before the body is read.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

#include "base/ip_address.h"

namespace authd::http {

// Thread-safe; outlives its shares.
class BodyBudget {
 public:
  // One client (IPv6 by /64) gets at most half.
  explicit BodyBudget(size_t bytes) : bytes_(bytes) {}

  // Given back when it dies.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          client_(other.client_),
          bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(client_, other.client_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (budget_ != nullptr) budget_->give_back(client_, bytes_);
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class BodyBudget;
    BodyBudget* budget_ = nullptr;
    IpAddress client_;
    size_t bytes_ = 0;
  };

  // A share that is false when there is not so much left.
  Share take(const IpAddress& client, size_t bytes);

 private:
  void give_back(const IpAddress& client, size_t bytes);

  const size_t bytes_;
  std::mutex mutex_;
  size_t used_ = 0;
  std::map<IpAddress, size_t> by_client_;  // those with a share only
};

}  // namespace authd::http
