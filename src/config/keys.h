// The one list of configuration keys: a row per key. The file reader, the environment, the flags,
// `authd config show` and the check of the manual page all walk it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace authd::config {

// The form of a key in the file.
enum class KeyType {
  text,      // a string
  number,    // an integer
  quantity,  // a duration or a size: a string with a unit, or an integer
  boolean,
};

struct Key {
  std::string name;  // "server.listen"
  KeyType type = KeyType::text;
  std::string default_text;  // empty: computed (`default_note` says how)
  std::string default_note;
  bool is_list = false;
  bool is_reloadable = false;  // takes effect on SIGHUP
  bool is_switch = false;      // but changing between empty and not takes a restart
  std::string help;
  std::vector<std::string> choices;  // the words that it takes, if it takes no others
  // Sets the value from its parts (one part unless the key is a list). Error: `invalid`, which says
  // what would be valid.
  std::function<Result<void>(Config&, const std::vector<std::string>&)> set;
  // The value in the form that `set` reads.
  std::function<std::string(const Config&)> show;
};

std::span<const Key> all_keys();

// The default of every key. Defaults that are computed when a server starts are empty
// (config/load.h).
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
