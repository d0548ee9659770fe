// Files that hold a key: read whole, and only when nobody else can read them.
#pragma once

#include <string>

#include "base/result.h"

namespace authd::crypto {

// The first `max_bytes` bytes of the file. `what` names it in errors ("master key"). Errors:
// `not_found`; `forbidden` when others can read it: its group may when another user owns it
// (root:authd 0640, systemd credentials), and everybody below /run/secrets/; `invalid` when it is
// no regular file; `unavailable`.
Result<std::string> read_private_file(const std::string& path, const std::string& what,
                                      size_t max_bytes);

}  // namespace authd::crypto
