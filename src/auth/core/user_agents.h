// What programs call themselves (User-Agent, RFC 9110 section 10.1.5), in words for people, and
// without what changes at every update. Anybody can send anything there.
#pragma once

#include <string>
#include <string_view>

namespace authd::auth {

// "Firefox, Linux", or "curl": words of this server, and of other text at most the name in front,
// if it consists of letters, digits and dashes. So nobody gets a sentence or an address into a mail
// of ours. Empty when there is nothing to say.
std::string device_name(std::string_view user_agent);

// The text without digits and what is between them, so that a program stays the same after an
// update.
std::string without_versions(std::string_view user_agent);

}  // namespace authd::auth
