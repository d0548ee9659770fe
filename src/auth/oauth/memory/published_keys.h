// Key sets that other servers publish: those of clients, at their jwks_uri, and those of issuers
// whose tokens count as assertions of clients, which their discovery document names. They are
// fetched when they are needed first, and kept in memory (auth/core/fetch_times.h).
//
// Strangers can cause requests to these servers, with tokens that nobody signed. So a set is
// fetched again for an unknown key at most once a minute, and a server that failed is left alone
// for a while. Few fetches run at the same time, and few threads wait for the one that runs: where
// an administrator wrote the address, those get its result; others come again. Strangers cannot use
// up what the clients of administrators need: the two share nothing here.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>

#include "auth/core/fetch_times.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "config/config.h"
#include "crypto/jose/jwt.h"
#include "fetch/client.h"

namespace authd::auth {

// Of each kind, those of administrators and those of strangers: sets that are remembered (the
// longest unused gives way), and fetches at the same time.
inline constexpr size_t kMaxKeySources = 200;
inline constexpr int kMaxKeySetFetches = 4;
// Threads that fetch the same set, or wait for that.
inline constexpr int kMaxKeySetWaits = 4;
inline constexpr int kMaxStrangersKeySetWaits = 1;
inline constexpr Milliseconds kKeySetTimeout = std::chrono::seconds(5);  // for all of a fetch
inline constexpr Milliseconds kKeySetFailurePause = std::chrono::seconds(30);

struct KeySource {
  std::string url;  // of the set, or an issuer
  bool is_issuer = false;
  fetch::Reach reach = fetch::Reach::any;
};

// Thread-safe.
class PublishedKeys {
 public:
  PublishedKeys(const config::Config& config, fetch::Client& remote, const Clock& clock, Log& log)
      : config_(config), remote_(remote), clock_(clock), log_(log) {}

  // A set (key_set.h), which was fetched within kCopyLife. It need not have a key that fits the
  // token. Errors: `unavailable` if it cannot be fetched, and the log says why; `busy`.
  using Set = std::shared_ptr<const std::string>;
  Result<Set> set_for(const KeySource& source, const crypto::Jws& token);

 private:
  struct Entry {
    explicit Entry(int most) : threads(most) {}
    std::counting_semaphore<> threads;  // that fetch it, or wait for that
    std::mutex fetching;                // held during a fetch, so that others wait for its result
    // The rest belongs to mutex_.
    FetchTimes times;
    Set set;
    SteadyTime used_at{};
  };
  struct Shelf {
    const int threads_of_entry;
    std::map<std::string, std::shared_ptr<Entry>> entries = {};
    std::counting_semaphore<> fetches{kMaxKeySetFetches};
  };
  Shelf& shelf_of(fetch::Reach reach);
  std::shared_ptr<Entry> entry_of(Shelf& shelf, const KeySource& source);
  Result<Set> usable_set(Entry& entry, const crypto::Jws& token, bool& is_early);
  Result<std::string> fetch_set(const KeySource& source);
  Result<std::string> get(const KeySource& source, const std::string& url, SteadyTime deadline);

  const config::Config& config_;
  fetch::Client& remote_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;
  Shelf administrators_{kMaxKeySetWaits};
  Shelf strangers_{kMaxStrangersKeySetWaits};
};

}  // namespace authd::auth
