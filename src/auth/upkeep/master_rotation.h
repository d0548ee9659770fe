// Another master key takes over while requests are served. begin_master_rotation() is the moment
// from which on everything is sealed with the new one (auth/core/sealing.h); seal_anew() brings
// what is older after it. Both may be repeated, and broken off anywhere. The file of the keys is
// the business of server/master_key.h.
#pragma once

#include <functional>

#include "auth/upkeep/sealed_rows.h"

namespace authd::auth {

// From here on the key `id`, which is held, seals. False: it does already.
Result<bool> begin_master_rotation(const Services& s, std::string_view id, const Origin& origin);

struct SealedAnew {
  uint64_t rows = 0;    // that were written
  uint64_t broken = 0;  // values that do not open under any key, and stay as they are
};
// Seals everything with the key that seals, in transactions of kSealBatch rows; `progress` is
// called after each with the rows written so far.
inline constexpr size_t kSealBatch = 50;
Result<SealedAnew> seal_anew(const Services& s, const std::function<void(uint64_t)>& progress);

}  // namespace authd::auth
