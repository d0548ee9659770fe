// Files that hold a key: read whole, and only when nobody else can read them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace authd::crypto {

// The first `max_bytes` bytes of the file. `what` names it in errors ("master key"). Errors:
// `not_found`; `forbidden` when others can read it: its group may when another user owns it
// (root:authd 0640, systemd credentials), and everybody below /run/secrets/; `invalid` when it is
// no regular file; `unavailable`.
Result<std::string> read_private_file(const std::string& path, const std::string& what,
                                      size_t max_bytes);

// Whether somebody else put the file there for this process, who must replace it: a systemd
// credential, a secret of a container. What is written there does not last.
bool is_provided_file(const std::string& path);

// Behind the name of a file that is being written, before six random characters; a process that is
// killed may leave such a file behind.
inline constexpr std::string_view kUnfinished = ".authd-";

// Writes `bytes` to the file `path`, at once and durably, with the owner and mode of `model`, which
// is there (perhaps the same file, also behind a link). Errors: `unavailable`, `not_found`.
Result<void> write_private_file(const std::string& path, const std::string& model,
                                std::string_view bytes);

}  // namespace authd::crypto
