// The address in a proof (RFC 9449 section 4.3 item 9), in the form in which it is compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authd::auth {

inline constexpr size_t kMaxProofAddress = 8 * 1024;  // bytes

// Scheme, host, port and path of an http or https address, without query and fragment, so that two
// texts for the same are equal (RFC 3986 sections 6.2.2 and 6.2.3): scheme and host in lower case,
// no default port, "/" for no path, escapes in upper case and only where they are needed. nullopt
// for anything else.
std::optional<std::string> compared_address(std::string_view address);

}  // namespace authd::auth
