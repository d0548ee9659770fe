// Where a browser goes: the parts of the URL Standard (https://url.spec.whatwg.org, section 4.4)
// that determine the origin. Written from the standard and not from src/, so that it can judge
// src/.
#pragma once

#include <string>
#include <string_view>

namespace authd::fuzz {

// The origin of `text` as a link on a page of the origin `base` (http or https): "https://host",
// with the port unless it is the scheme's. Empty if the browser would not follow it; "null" for
// schemes without an origin.
std::string browser_origin(std::string_view text, std::string_view base);

}  // namespace authd::fuzz
