// Looks up the passwords of logins among those of known breaches (auth/passwords/leak_checks.h), on
// its own thread, so that a slow server delays nothing else.
#pragma once

#include <thread>

#include "auth/core/services.h"

namespace authd::server {

// Runs until it is destroyed; does nothing unless passwords.pwned is login. A request in progress
// is waited for, at most auth::kLeakTimeout.
class LeakRunner {
 public:
  explicit LeakRunner(const auth::Services& services);
  ~LeakRunner();
  LeakRunner(const LeakRunner&) = delete;
  LeakRunner& operator=(const LeakRunner&) = delete;

 private:
  void run();

  const auth::Services& services_;
  std::thread thread_;
};

}  // namespace authd::server
