// The gzip format (RFC 1952), and whether a client accepts it.
#pragma once

#include <string>
#include <string_view>

namespace authd::web {

std::string gzip(std::string_view text);

// `packed` is our own: CHECKs that it is well-formed and unpacks to `size` bytes.
std::string gunzip(std::string_view packed, size_t size);

// Whether an Accept-Encoding header allows gzip (RFC 9110 section 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace authd::web
