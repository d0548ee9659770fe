// A bound on memory that many connections hold at the same time: for large bodies, for requests
// that are still arriving, for replies that the peer does not read. It bounds what all connections
// hold together and what those of one client hold, so that no single client shuts out the others.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

#include "base/ip_address.h"

namespace authd::http {

// Thread-safe; outlives its shares.
class MemoryBudget {
 public:
  // A client (IPv6 by /64) gets at most one of `parts`.
  explicit MemoryBudget(size_t bytes, size_t parts = 2) : bytes_(bytes), part_(bytes / parts) {}

  // Returned on destruction.
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
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    IpAddress client_;
    size_t bytes_ = 0;
  };

  // The owner of a share. A `client` gets at most its part of the budget; `many` is a proxy or a
  // unix socket, behind which there may be any number of clients.
  enum class Holder { client, many };

  // A share; false if not that much is left.
  Share take(const IpAddress& client, size_t bytes);

  // Resizes the share, which may be false, to a total of `bytes`. False if not that much is left;
  // the share is then unchanged.
  bool resize(Share& share, const IpAddress& client, Holder holder, size_t bytes);

 private:
  void give_back(const IpAddress& client, size_t bytes);

  const size_t bytes_;
  const size_t part_;
  std::mutex mutex_;
  size_t used_ = 0;
  std::map<IpAddress, size_t> by_client_;  // only clients with a share
};

}  // namespace authd::http
