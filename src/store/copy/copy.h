// A copy of what lies elsewhere, in LMDB: what this host answers from. It follows the log, revision
// by revision, and any process of the host may bring it further: whoever comes second finds it
// done.
//
// The copy is not synced to the disk. A process that dies loses nothing of it, a machine that dies
// may leave any state; so the copy belongs to a boot of the machine (boot_id(5) of
// /proc/sys/kernel/random), and one of an earlier boot is removed before it is opened.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/lmdb/change_log.h"
#include "store/lmdb/environment.h"
#include "store/store.h"

namespace authd::store {

// What identifies a state: its number, and the mark of the history that the number belongs to.
struct Revision {
  uint64_t number = 0;
  std::string mark;  // 16 bytes
};

// One revision of the log.
struct Commit {
  Revision revision;
  std::vector<std::string> keys;
  std::vector<std::optional<std::string>> values;  // nullopt: deleted
};

struct Record {
  std::string key;
  std::optional<std::string> value;  // nullopt: there is none
};

// Thread-safe. Throws Fault, as Environment does.
class Copy {
 public:
  // In `directory`, which must exist. `tell` and `stopping` as in LmdbOptions.
  static Result<std::unique_ptr<Copy>> open(const LmdbOptions& options, Log& log);

  // Removes the copy. Nobody has it open.
  static Result<void> remove(const std::string& directory);

  // nullopt: nothing was copied yet.
  std::optional<Revision> revision();
  // The same without a transaction: what this process has seen of it last.
  uint64_t known_revision() const { return known_.load(std::memory_order_acquire); }

  // Returns whether `work` asked for a row that was not there, or for a range without rows.
  bool read(FunctionRef<void(ReadTxn&, const Revision&)> work);

  // Brings the copy from the revision before the first of `commits` to the last. Commits that it
  // already has are skipped. False: it has not the one before the first.
  bool apply(std::span<const Commit> commits);

  // Puts and deletes what `records` say, and has `revision` then, whichever it had before.
  void advance(const Revision& revision, std::span<const Record> records);

  // Replaces everything by what `fill` puts, keys in ascending order, in one transaction: readers
  // see the old state until it is complete.
  using Put = FunctionRef<void(std::string_view key, std::string_view value)>;
  Result<void> replace(FunctionRef<Result<Revision>(Put)> fill);

  Environment& environment() { return *env_; }
  ChangeLog& changes() { return changes_; }

 private:
  Copy(std::unique_ptr<Environment> env, const LmdbOptions& options, Log& log)
      : env_(std::move(env)), changes_({options.directory, options.followed}, log) {}
  void note(uint64_t revision);
  void note_changes(const Commit& commit);

  std::unique_ptr<Environment> env_;
  ChangeLog changes_;
  std::atomic<uint64_t> known_ = 0;
};

}  // namespace authd::store
