// Codes of six digits that go by mail. They are short, so what the store has of one is a MAC under
// the server's key, and few tries are allowed.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "base/secret.h"
#include "config/lifetimes.h"

namespace authd::auth {

// How long a code for logging in is good; an API of config/compat.h may say otherwise.
inline constexpr Milliseconds kCodeLife = config::kLoginCodeLifetime;

// Six random digits.
OneTimeSecret make_code(const Services& s);
// The six digits that follow from a seed of make_seed(), which tells nothing without the server's
// key.
std::string make_seed(const Services& s);
OneTimeSecret code_of(const Services& s, std::string_view seed);

}  // namespace authd::auth
