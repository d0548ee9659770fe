// The one list of configuration keys: a row per key. The file reader, the environment, the flags,
// `authd config show` and the check of the manual page all walk it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/reading/key.h"

namespace authd::config {

std::span<const Key> all_keys();

// The default of every key. Defaults that are computed when a server starts are empty
// (config/reading/load.h).
Config defaults();

const Key* find_key(std::string_view name);

// The key whose name is closest to a misspelt one; null if none is close.
const Key* nearest_key(std::string_view name);
// The same for the name of an environment variable.
const Key* nearest_variable(std::string_view name);

// "server.listen" → "AUTHD_SERVER_LISTEN"
std::string environment_name(std::string_view key);
// "server.data_dir" → "--server.data-dir"
std::string flag_name(std::string_view key);

}  // namespace authd::config
