// Replaces the master key while requests are served. Once begin_master_rotation() has committed,
// everything new is sealed with the new key (auth/core/sealing.h); seal_anew() then re-seals older
// values. Both can be interrupted at any point and run again. server/data/master_key.h manages the
// file with the keys.
#pragma once

#include <functional>

#include "auth/upkeep/sealed_rows.h"

namespace authd::auth {

// From now on, the key `id`, which must be held, seals. False: it already does. Error:
// `unavailable` when this key, or the one that sealed until now, is not in the file.
Result<bool> begin_master_rotation(const Services& s, std::string_view id, const Origin& origin);

struct SealedAnew {
  uint64_t rows = 0;    // rows written
  uint64_t broken = 0;  // values that no key opens; they are left unchanged
};
// Re-seals every value with the current sealing key, in transactions of kSealBatch rows. `progress`
// receives the number of rows written so far, after each transaction.
inline constexpr size_t kSealBatch = 50;
Result<SealedAnew> seal_anew(const Services& s, const std::function<void(uint64_t)>& progress);

}  // namespace authd::auth
