// Settings by which a check depends on the server whose tokens and cookies they are. A replica
// takes them from its main server, so that no file of its own can contradict them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "config/reading/in_force.h"

namespace authd::auth {

// As which client a replica copies its main server, and programs ask the replica.
struct ReplicaClient {
  std::string id;
  ClientSecret secret;
};

// Values by key, in the form that the key accepts.
using SharedSettings = std::map<std::string, std::string>;

bool is_shared_setting(std::string_view key);
SharedSettings shared_settings(const std::vector<config::Setting>& settings);

// A short text that changes when the settings do.
std::string tag_of(const SharedSettings& settings);

// The tag of settings that a reload may change, made anew once a second. Thread-safe.
class SettingsTag {
 public:
  std::string get(SteadyTime now, FunctionRef<std::string()> make);

 private:
  std::mutex mutex_;
  std::string tag_;     // guarded by mutex_
  SteadyTime made_at_;  // guarded by mutex_
};

}  // namespace authd::auth
