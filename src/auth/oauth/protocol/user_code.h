// The code that a device shows and a person types (RFC 8628 section 6.1): eight letters, shown as
// "WDJB-MJHT". The letters are consonants, so that no word comes about, and none looks like another
// or like a digit of another. There are 20^8 codes, 2.6e10: whoever guesses is slowed down
// (auth/core/limits/attempts.h), and a code that waits lives for minutes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace authd::auth {

inline constexpr std::string_view kUserCodeLetters = "BCDFGHJKLMNPQRSTVWXZ";
// The longest text that is read as one.
inline constexpr size_t kMaxTypedCode = 64;

std::string make_user_code(Random& random);

// With the hyphen: "WDJB-MJHT".
std::string shown_user_code(std::string_view code);

// The code that somebody typed, in small letters, with spaces, or with whatever the keyboard makes
// of a hyphen; nullopt if it cannot be one.
std::optional<std::string> parse_user_code(std::string_view typed);

}  // namespace authd::auth
