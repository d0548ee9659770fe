// Pages of rows for replicas (store/replica/page.h): everything once, then what has changed since a
// place. All replicas that stand at the same place get the same bytes, which are made once.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "base/result.h"
#include "store/store.h"

namespace authd::auth {

// Thread-safe.
class ReplicaFeed {
 public:
  struct Answer {
    std::shared_ptr<const std::string> page;
    bool has_news = false;  // a row has changed, and not only the place
  };

  // What has changed since `after`. nullopt: that is no longer known, and the replica has to copy
  // everything. `settings`: Page::settings. Error: `unavailable`.
  Result<std::optional<Answer>> changes(const Services& s, const store::Place& after,
                                        const std::string& settings);

  // The rows from the key `from` on, as far as one page takes them. From then on, changes are kept.
  // Error: `unavailable`.
  static Result<std::string> records(const Services& s, std::string_view from,
                                     const std::string& settings);

  // Whether this copy of everything is the first one of the client within a minute: each is asked
  // for in many pages, and one that begins again and again fills no log.
  bool is_new_copy(const std::string& client, SteadyTime now);

 private:
  struct Made {
    store::Place after;
    store::Place place;
    std::string settings;
    bool is_last = false;
    bool has_news = false;
    std::shared_ptr<const std::string> page;
  };
  std::optional<Answer> find(const Made& wanted);
  void keep(Made made);

  std::mutex mutex_;
  std::array<Made, 4> made_;                  // guarded by mutex_
  size_t next_ = 0;                           // guarded by mutex_
  std::map<std::string, SteadyTime> copied_;  // guarded by mutex_; by client
};

// Ends the notes of changes if no client may be a replica any more. A background job. Returns
// whether they are ended.
Result<bool> end_unused_feed(const Services& s);

}  // namespace authd::auth
