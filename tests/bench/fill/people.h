// What the search for people costs.
#pragma once

#include <cstdint>

#include "auth/core/services.h"
#include "tables/rows/rows.h"

namespace authd::bench {

// Links one in twenty users to a provider, unless that was done before. Then prints for each kind
// of question how long a page of 50 takes in `rounds` turns, one JSON object a line: {"what",
// "total", "p50_ms", "p99_ms"}.
Result<void> measure_searches(const auth::Services& s, uint64_t rounds);

// Makes durable commits in turns with and without what the search reads, `count` of each, and
// prints the medians, one JSON object a line for each kind: {"what", "with_us", "without_us",
// "ratio"}. The users without are as an older release left them.
Result<void> measure_writes(const auth::Services& s, uint64_t count);

// What the search sees of the user of this number: 16 first names, 91 last names, whether the email
// is verified, and when the user was there, in the two years before User::created_at.
void name_user(tables::User& user, uint64_t number);

}  // namespace authd::bench
