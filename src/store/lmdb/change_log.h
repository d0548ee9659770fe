// Which keys the latest commits have changed, for those who follow a store from outside
// (Store::changed_since). It is off until somebody follows, and then costs each commit about 30
// microseconds: an LMDB of its own in DIRECTORY/changes, which is not synced and belongs to a boot
// of the machine (boot_file.h).
//
// A commit is noted before it becomes durable, by its number. One that fails leaves a row that the
// next commit, which has the same number, replaces; until then no reader has seen that number. A
// process that cannot note its commit ends the log. A number without a row makes the log useless
// for whoever stands before it, and such a one copies everything anew; so does a number with
// another mark, as after the store was set back.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/lmdb/environment.h"
#include "store/store.h"

namespace authd::store {

struct ChangeLogOptions {
  std::string directory;  // of the store whose commits are noted
  std::string prefixes;   // first bytes of the keys that are noted; empty: the log cannot be on
};

// Thread-safe, also among processes.
class ChangeLog {
 public:
  // How many commits are kept.
  static constexpr uint64_t kKept = 65'536;

  ChangeLog(ChangeLogOptions options, Log& log);

  // Whether any process of the directory has begun it. A system call while it is off. The one
  // writer of the store asks while it holds the store's lock.
  bool is_on();
  bool is_noted(std::string_view key) const {
    return !key.empty() && options_.prefixes.find(key.front()) != std::string::npos;
  }

  // Notes a commit that is about to be made, by the one writer of the store. Without a mark of its
  // own, it gets a random one. If it cannot be written, the log ends: nothing depends on it.
  void note(uint64_t number, std::string_view mark, std::span<const std::string> keys) noexcept;

  // Turns it on, with `number` as its first place. Returns the mark of that place. Error:
  // `unavailable`.
  Result<std::string> begin(uint64_t number, std::string_view mark);
  // Turns it off, and removes what it has.
  void end() noexcept;

  // What was committed after `after`, up to `newest`. It stops once it has `limit` keys. nullopt:
  // it does not reach back to that place, or misses a commit.
  std::optional<ChangedKeys> since(const Place& after, uint64_t newest, size_t limit);

 private:
  std::shared_ptr<Environment> open_if_on();
  std::shared_ptr<Environment> open(bool may_create);
  void drop() noexcept;

  const ChangeLogOptions options_;
  const std::string directory_;
  Log& log_;
  std::mutex mutex_;
  std::shared_ptr<Environment> env_;   // guarded by mutex_; null: off
  std::weak_ptr<Environment> former_;  // guarded by mutex_; one that a reader still has
};

}  // namespace authd::store
