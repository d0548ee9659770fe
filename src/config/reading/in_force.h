// The values of the configuration that a running server uses, with the source of each: those that
// it began with, and what reloads have changed since.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "config/reading/key.h"
#include "config/reading/load.h"

namespace authd::config {

struct Setting {
  std::string key;
  std::string value;   // in the form that the key accepts; secrets are masked
  std::string source;  // as Origin::source
  // Of the key; null for one that the lists do not know.
  std::string default_text = {};
  std::string default_note = {};  // how a default is computed, or what there is without one
  std::string help = {};
  bool is_reloadable = false;
  bool is_changed = false;  // it is not what it would be without any source
};

// Those of the list of keys for a configuration that was not read from sources, as if all of it
// were the default.
std::vector<Setting> settings_of(const Config& config);

// Thread-safe.
class InForce {
 public:
  explicit InForce(const Loaded& loaded);

  // A reload took effect: the values of the keys that can change without a restart.
  void reload(const Loaded& loaded);
  // In the order of the list of keys; those of named tables at the end.
  std::vector<Setting> settings() const;
  std::string file() const;  // that was read last; empty: none

 private:
  mutable std::mutex mutex_;
  std::vector<Origin> origins_;
  std::string file_;
};

}  // namespace authd::config
