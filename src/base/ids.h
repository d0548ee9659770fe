// Identifiers. Each kind has its own type, so that two of them cannot be swapped.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace authd {

// A number from a counter in the store: it starts at 1 and is never reused; 0 means none.
template <typename Tag>
struct Id {
  uint64_t value = 0;
  friend auto operator<=>(const Id&, const Id&) = default;
};

using UserId = Id<struct UserIdTag>;
using RoleId = Id<struct RoleIdTag>;

}  // namespace authd
