// The addresses to which an answer with a code may go (RFC 6749 section 3.1.2, RFC 8252, RFC 9700
// section 2.1). They are compared byte by byte, with one exception: the port of a loopback address,
// which a program on somebody's machine cannot choose beforehand (RFC 8252 section 7.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxRedirectUri = 2000;  // bytes

// Whether a client may register the address: https; http at a loopback address; or a private scheme
// ("app.example:/callback"). No fragment, no user information, no wildcard. Error: `invalid`, with
// the field and what to change.
Result<void> check_redirect_uri(std::string_view uri, std::string_view field);

// Whether `sent` is one of the registered addresses.
bool matches_redirect_uri(const std::vector<std::string>& registered, std::string_view sent);

// Whether anybody's program on the person's machine could receive the answer: at a loopback address
// or a private scheme (RFC 8252 section 8.6).
bool is_unprovable(std::string_view uri);

// For people and for Content-Security-Policy: "https://app.example.org", "app.immich:".
std::string redirect_origin(std::string_view uri);

// The registered address that is most like `sent`, and where they begin to differ, for the
// administrator who looks for the mistake. Empty if nothing is registered.
struct NearestUri {
  std::string uri;
  size_t differs_at = 0;  // bytes
};
NearestUri nearest_redirect_uri(const std::vector<std::string>& registered, std::string_view sent);

}  // namespace authd::auth
