// How often something may happen within a while, where strangers can make it happen and it leaves a
// row: up to `most`, then no more until the while is over. Unlike the pauses of attempts.h, the
// while does not grow.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "tables/schema.h"

namespace authd::auth {

struct Allowance {
  std::string_view what;  // names it; different for each rule
  uint64_t most = 0;
  // It begins with the first use. So there are at most twice `most` within any span of this length.
  Milliseconds within;
};

// Whether there is one left, before work that is to be done only then. Error: `rate_limited`, with
// retry_after_s.
Result<void> check_one(store::Reader& tx, const Allowance& allowance, std::string_view whose,
                       Time now);

// Takes one, in the transaction that does what is limited. `whose` is whom it is counted for.
// Error: that of check_one().
inline constexpr size_t kTakeOneWrites = decltype(tables::attempts)::kPutWrites;
Result<void> take_one(store::WriteTxn& tx, const Allowance& allowance, std::string_view whose,
                      Time now);

}  // namespace authd::auth
