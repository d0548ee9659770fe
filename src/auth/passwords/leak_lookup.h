// Asks whether a password is among those of known breaches, by the range protocol of Pwned
// Passwords: the server learns the first five hexadecimal digits of the password's SHA-1, which
// some thousand other passwords have as well, and sends the rest of all hashes that begin so.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string_view>

#include "auth/core/counters.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "config/config.h"
#include "fetch/client.h"

namespace authd::auth {

// 40 hexadecimal digits, in upper case.
using PasswordSha1 = Secret<struct PasswordSha1Tag>;
// Of the form that is hashed (crypto/passwords/hasher.h).
PasswordSha1 sha1_of(const Password& password);

enum class Leak { found, absent, unanswered };

// Whether a reply of the server names the rest of a hash, 35 digits. An entry with the count 0 is
// padding. nullopt when it is no such reply.
std::optional<bool> is_in_range(std::string_view reply, std::string_view rest);

inline constexpr Milliseconds kLeakTimeout = std::chrono::seconds(2);
// Asks the server of passwords.pwned_url. Error: why it gave no usable answer, for the operator.
Result<bool> ask_for_leak(const config::Config& config, fetch::Client& client,
                          const PasswordSha1& sha1);

// Thread-safe.
class LeakLookup {
 public:
  // How many lookups may wait for the server at once; beyond that none is made, or a slow server
  // would occupy the threads that all logins need.
  static constexpr unsigned kMaxAtOnce = 4;
  static constexpr Milliseconds kTellEvery = std::chrono::minutes(1);

  LeakLookup(const config::Config& config, fetch::Client& client, const Clock& clock, Log& log,
             Counters& counters)
      : config_(config), client_(client), clock_(clock), log_(log), counters_(counters) {}

  // Takes at most kLeakTimeout; never call it in a transaction. Logs, at most once in kTellEvery,
  // why there was no answer, and never what was asked.
  Leak look(const PasswordSha1& sha1);

 private:
  void tell(std::string_view cause);

  const config::Config& config_;
  fetch::Client& client_;
  const Clock& clock_;
  Log& log_;
  Counters& counters_;
  std::atomic<unsigned> waiting_{0};
  std::mutex mutex_;
  std::optional<SteadyTime> told_at_;
};

}  // namespace authd::auth
