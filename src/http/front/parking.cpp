#include "http/front/parking.h"

#include <algorithm>

namespace authd::http {

// So that nothing is allocated later: one may be put back beside each that has a place.
Parking::Parking(size_t places) : places_(places) {
  taken_.reserve(2 * places);
}

bool Parking::add(Connection* connection, uint64_t seen, SteadyTime now, SteadyTime until) {
  const std::lock_guard lock(mutex_);
  if (taken_.size() >= places_) return false;
  taken_.push_back({connection, seen, now, until});
  return true;
}

std::vector<Connection*> Parking::take_due(uint64_t current, SteadyTime now, bool all) {
  std::vector<Connection*> due;
  const std::lock_guard lock(mutex_);
  due.reserve(taken_.size());
  const auto pause =
      std::min<std::chrono::microseconds>(kPausePerPlace * taken_.size(), kLongestPause);
  std::erase_if(taken_, [&](const Place& place) {
    const bool has_news = place.seen != current && place.since + pause <= now;
    const bool is_due = all || has_news || place.until <= now;
    if (is_due) due.push_back(place.connection);
    return is_due;
  });
  return due;
}

void Parking::put_back(Connection* connection) noexcept {
  const std::lock_guard lock(mutex_);
  taken_.push_back({connection, 0, SteadyTime{}, SteadyTime{}});
}

size_t Parking::size() const {
  const std::lock_guard lock(mutex_);
  return taken_.size();
}

}  // namespace authd::http
