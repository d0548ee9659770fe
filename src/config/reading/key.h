// A configuration key: its name, its default, its help, and its place in Config.
#pragma once

#include <functional>
#include <string>
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

}  // namespace authd::config
