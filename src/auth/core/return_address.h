// Where a browser may be sent after signing in. An address that anybody may put into a link must
// not lead out to a stranger (CWE-601): it is a path of this server, or it is of an origin that the
// configuration lists.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace authd::auth {

// Browsers keep it in a cookie meanwhile.
inline constexpr size_t kMaxReturnAddress = 2000;

// A path of this server: "/account?tab=2", but not "//elsewhere.example" and nothing that some
// browser reads as that.
bool is_local_path(std::string_view text);

// The address when it is a local path, of public_url's origin, or of pages.return_origins. Error:
// `invalid`, field "return_to".
Result<std::string> return_address(const config::Config& config, std::string_view text);

}  // namespace authd::auth
