// The passwords of logins that wait to be looked up (leak_checks.h).
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "auth/passwords/leak_lookup.h"
#include "base/ids.h"
#include "base/time.h"

namespace authd::auth {

struct LeakCheck {
  UserId user;
  Time password_changed_at;  // of the password that was used
  PasswordSha1 sha1;
};

// Thread-safe.
class LeakQueue {
 public:
  static constexpr size_t kMaxWaiting = 1000;

  // Before this, push() keeps nothing: commands have no thread that would take it.
  void open();
  // False if it is not kept: there are too many.
  bool push(LeakCheck check);
  // The next one, as soon as there is one; nullopt after close().
  std::optional<LeakCheck> wait();
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<LeakCheck> waiting_;
  bool is_open_ = false;
  bool is_closed_ = false;
};

}  // namespace authd::auth
