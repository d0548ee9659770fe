// The passwords that attackers know: the commonest, embedded in the executable; the operator's list
// (passwords.blocklist_file); and those of known breaches (passwords.pwned).
#pragma once

#include <memory>
#include <mutex>

#include "auth/passwords/leak_lookup.h"
#include "auth/passwords/leak_queue.h"
#include "crypto/lists/password_list.h"

namespace authd::auth {

// The embedded list, in lower case. third_party/README.md says where it is from.
const crypto::PasswordList& common_passwords();

// Thread-safe.
class KnownPasswords {
 public:
  KnownPasswords(const config::Config& config, fetch::Client& client, const Clock& clock, Log& log,
                 Counters& counters)
      : config_(config), log_(log), lookup_(config, client, clock, log, counters) {}

  // Opens the operator's list, if there is one, so that the server holds it from its start;
  // cli/machine/named_files.h has read all of it. In commands it is opened when it is needed.
  // Error: what is wrong with it.
  Result<void> open();

  // Whether the operator's list has the password, as it is or in lower case. Error: `unavailable`;
  // the log has the cause.
  Result<bool> is_listed(const Password& normal);

  LeakLookup& leaks() { return lookup_; }
  LeakQueue& queue() { return queue_; }

 private:
  using List = std::shared_ptr<const crypto::PasswordList>;
  Result<List> list();

  const config::Config& config_;
  Log& log_;
  LeakLookup lookup_;
  LeakQueue queue_;
  std::mutex mutex_;
  List list_;
};

}  // namespace authd::auth
