// Requests that wait for news (Reply::parked) hold no thread, and nobody watches their sockets: the
// timer hands them to a lane again when the number of the store's state has changed, or when their
// time is over. A client that leaves meanwhile is noticed then.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/time.h"

namespace authd::http {

class Connection;

// Thread-safe. Whoever takes a connection out serves it.
class Parking {
 public:
  explicit Parking(size_t places);

  // News reach a request this long after it was parked at the earliest: where something is
  // committed all the time, it is not handled all the time. Where few wait, it is sooner.
  static constexpr std::chrono::microseconds kPausePerPlace{100};
  static constexpr Milliseconds kLongestPause{100};

  // `seen` is the number of the state that the request has seen. False: there is no place.
  bool add(Connection* connection, uint64_t seen, SteadyTime now, SteadyTime until);
  // Takes out those whose state is not `current`, whose time is over, or all. Throws std::bad_alloc
  // before it takes any.
  std::vector<Connection*> take_due(uint64_t current, SteadyTime now, bool all);

  // For one that was taken out and finds nobody to serve it: it is due at once. Allocates nothing.
  void put_back(Connection* connection) noexcept;

  size_t size() const;
  bool has_place() const { return size() < places_; }

 private:
  struct Place {
    Connection* connection;
    uint64_t seen;
    SteadyTime since;
    SteadyTime until;
  };

  const size_t places_;
  mutable std::mutex mutex_;
  std::vector<Place> taken_;
};

}  // namespace authd::http
