// Mailed codes of six digits. They are short, so the store holds only their MAC with the server's
// key, and few attempts are allowed.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "base/secret.h"
#include "config/lifetimes.h"

namespace authd::auth {

// The lifetime of a login code; a client may have a different one (config/client_profile.h).
inline constexpr Milliseconds kCodeLife = config::kLoginCodeLifetime;

// Six random digits.
OneTimeSecret make_code(const Services& s);
// The six digits derived from a seed of make_seed(). Without the server's key, the seed reveals
// nothing about them.
std::string make_seed(const Services& s);
OneTimeSecret code_of(const Services& s, std::string_view seed);

// The code as it was made, of what a person typed: blanks and dashes, which make a code easier to
// read, do not count.
OneTimeSecret code_as_made(const OneTimeSecret& typed);

}  // namespace authd::auth
