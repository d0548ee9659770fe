// UUIDs in their text form (RFC 9562 section 4): 36 characters, in lower case.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace authd {

// A version 4 UUID (RFC 9562 section 5.4): 122 random bits.
std::string make_uuid(Random& random);

// The text of 16 bytes.
std::string uuid_text(std::string_view bytes);

// Whether the text is a UUID of any version in the form that make_uuid() returns.
bool is_uuid(std::string_view text);

}  // namespace authd
