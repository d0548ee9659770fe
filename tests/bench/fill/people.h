// What the search for people costs.
#pragma once

#include <cstdint>

#include "auth/core/services.h"
#include "tables/rows/rows.h"

namespace authd::bench {

// Prints for each of some questions how long it takes, the median and the worst of `rounds`, one
// JSON object a line: {"what", "total", "ms", "worst_ms"}.
Result<void> measure_searches(const auth::Services& s, uint64_t rounds);

// Adds 2 x `count` users, one for each durable commit, in turns with and without what the search
// reads, and prints the medians: {"with_us", "without_us", "ratio"}. The users without are as an
// older release left them.
Result<void> measure_inserts(const auth::Services& s, uint64_t count);

// Names for the user of this number: 40 first names, 97 last names.
void name_user(tables::User& user, uint64_t number);

}  // namespace authd::bench
