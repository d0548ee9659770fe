// How many documents of sectors this server fetches for strangers at the same time
// (pairwise.h): each holds a thread for up to kSectorTimeout, and none of them may be one that
// somebody who signs in waits for.
#pragma once

#include <mutex>
#include <utility>

#include "base/result.h"

namespace authd::auth {

class SectorPlaces {
 public:
  static constexpr unsigned kPlaces = 2;

  class Permit {
   public:
    explicit Permit(SectorPlaces& places) : places_(&places) {}
    ~Permit();
    Permit(Permit&& other) noexcept : places_(std::exchange(other.places_, nullptr)) {}
    Permit& operator=(Permit&&) = delete;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    SectorPlaces* places_;
  };

  // Error: `busy` with retry_after_s. Thread-safe.
  Result<Permit> enter();

 private:
  std::mutex mutex_;
  unsigned taken_ = 0;
};

}  // namespace authd::auth
