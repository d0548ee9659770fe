#include "auth/replica/feed.h"

#include <algorithm>

#include "auth/oauth/clients/clients.h"
#include "auth/replica/projection.h"
#include "auth/sessions/keyring.h"
#include "store/replica/page.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

// Of one page; a commit is never torn apart.
constexpr size_t kKeysAtOnce = 500;

// The rows with these keys, as they are now.
Result<store::PageWriter> rows_now(const Services& s, std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return with_current_keys<store::PageWriter>(
      s, [&](const KeySet& set) -> Result<std::optional<store::PageWriter>> {
        return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<store::PageWriter>> {
          if (keyring_generation(tx) != set.generation) return std::optional<store::PageWriter>();
          store::PageWriter page;
          for (const std::string& key : keys) {
            std::optional<std::string> row;
            tx.look(key, [&](std::string_view bytes) { row = projected(s, set, key, bytes); });
            page.add(key, row);
          }
          return std::optional(std::move(page));
        });
      });
}

struct Scanned {
  store::PageWriter page;
  bool is_last = true;
};

// As many rows as a page takes, from the key on.
Scanned scan_rows(const Services& s, const KeySet& set, store::ReadTxn& tx, std::string_view from) {
  Scanned scanned;
  for (const char prefix : replica_prefixes()) {
    const std::string begin(1, prefix);
    const std::string end = tables::end_of_prefix(begin);
    if (!from.empty() && from >= end) continue;
    tx.scan(std::max<std::string_view>(begin, from), end,
            [&](std::string_view key, std::string_view bytes) {
              if (scanned.page.size() >= store::kUsualPageBytes) {
                scanned.is_last = false;
                return false;
              }
              if (const auto row = projected(s, set, key, bytes)) scanned.page.add(key, *row);
              return true;
            });
    if (!scanned.is_last) break;
  }
  return scanned;
}

}  // namespace

Result<std::optional<ReplicaFeed::Answer>> ReplicaFeed::changes(const Services& s,
                                                                const store::Place& after,
                                                                const std::string& settings) {
  const std::optional<store::ChangedKeys> changed = TRY(s.store.changed_since(after, kKeysAtOnce));
  if (!changed) return std::optional<Answer>();
  Made made{after, changed->place, settings, changed->is_all, !changed->keys.empty(), nullptr};
  if (std::optional<Answer> found = find(made)) return found;
  const store::PageWriter rows = TRY(rows_now(s, changed->keys));
  // The rows may be newer than the place, and then belong to what the next page has: a copy with
  // this one is a state that has never been, and nothing to rely on.
  if (made.has_news && made.is_last) {
    const auto later = TRY(s.store.changed_since(made.place, 1));
    made.is_last = later && later->keys.empty();
  }
  made.page = std::make_shared<const std::string>(rows.finish(made.place, made.is_last, settings));
  const Answer answer{made.page, made.has_news};
  made.is_last = changed->is_all;  // What it is looked for by.
  keep(std::move(made));
  return std::optional(answer);
}

Result<std::string> ReplicaFeed::records(const Services& s, std::string_view from,
                                         const std::string& settings) {
  const store::Place place = TRY(s.store.begin_changes());
  const Scanned scanned =
      TRY(with_current_keys<Scanned>(s, [&](const KeySet& set) -> Result<std::optional<Scanned>> {
        return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<Scanned>> {
          if (keyring_generation(tx) != set.generation) return std::optional<Scanned>();
          return std::optional(scan_rows(s, set, tx, from));
        });
      }));
  return scanned.page.finish(place, scanned.is_last, settings);
}

std::optional<ReplicaFeed::Answer> ReplicaFeed::find(const Made& wanted) {
  const std::lock_guard lock(mutex_);
  for (const Made& made : made_) {
    if (made.page && made.after == wanted.after && made.place == wanted.place &&
        made.settings == wanted.settings && made.is_last == wanted.is_last) {
      return Answer{made.page, made.has_news};
    }
  }
  return std::nullopt;
}

void ReplicaFeed::keep(Made made) {
  const std::lock_guard lock(mutex_);
  made_[next_] = std::move(made);
  next_ = (next_ + 1) % made_.size();
}

bool ReplicaFeed::is_new_copy(const std::string& client, SteadyTime now) {
  constexpr Seconds kOnce{60};
  const std::lock_guard lock(mutex_);
  std::erase_if(copied_, [&](const auto& one) { return one.second + kOnce <= now; });
  return copied_.emplace(client, now).second;
}

Result<bool> end_unused_feed(const Services& s) {
  const std::vector<tables::Client> clients = TRY(list_clients(s));
  const bool is_used = std::any_of(clients.begin(), clients.end(), [](const tables::Client& one) {
    return one.is_replica && !one.disabled;
  });
  if (!is_used) s.store.end_changes();
  return !is_used;
}

}  // namespace authd::auth
