// Files that hold a key: read completely, and only if nobody else can read them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace authd::crypto {

// The first `max_bytes` bytes of the file. `what` names it in errors ("master key"). Errors:
// `not_found`; `forbidden` when others can read it: its group may when another user owns it
// (root:authd 0640, systemd credentials), and everybody below /run/secrets/; `invalid` when it is
// not a regular file; `unavailable`.
Result<std::string> read_private_file(const std::string& path, const std::string& what,
                                      size_t max_bytes);

// Whether the file was provided from outside (a systemd credential, a container secret), so that it
// must be replaced there: anything written to it does not last.
bool is_provided_file(const std::string& path);

// Appended to the name of a file that is being written, followed by six random characters. A killed
// process may leave such a file behind.
inline constexpr std::string_view kUnfinished = ".authd-";

// Replaces the file `path` by `bytes`, atomically and durably, with the owner and mode of `model`,
// which must exist (it may be the same file, also through a link). Errors: `unavailable`,
// `not_found`.
Result<void> write_private_file(const std::string& path, const std::string& model,
                                std::string_view bytes);

}  // namespace authd::crypto
