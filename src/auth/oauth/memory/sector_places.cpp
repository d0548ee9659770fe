#include "auth/oauth/memory/sector_places.h"

namespace authd::auth {

SectorPlaces::Permit::~Permit() {
  if (places_ == nullptr) return;
  const std::lock_guard lock(places_->mutex_);
  places_->taken_ -= 1;
}

Result<SectorPlaces::Permit> SectorPlaces::enter() {
  const std::lock_guard lock(mutex_);
  if (taken_ >= kPlaces) {
    return Error{.code = ErrorCode::busy,
                 .message =
                     "Other clients are registering with a sector_identifier_uri at this "
                     "moment; try again.",
                 .retry_after_s = 2};
  }
  taken_ += 1;
  return Permit(*this);
}

}  // namespace authd::auth
