#include "store/lmdb/change_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "base/encoding.h"
#include "base/file.h"
#include "store/directory.h"
#include "store/lmdb/boot_file.h"
#include "store/lmdb/error.h"
#include "store/lmdb/transaction.h"

namespace authd::store {
namespace {

constexpr size_t kMarkBytes = 16;
// The row that says whose log this is: greater than every number.
const std::string kOwner(9, '\xff');
constexpr uint64_t kMaxBytes = 1ull << 30;

std::string key_of(uint64_t number) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>(number >> shift & 0xff);
  return key;
}

uint64_t number_of(std::string_view key) {
  uint64_t number = 0;
  for (const char byte : key)
    number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

// The mark, then each key after its length.
std::string row_of(std::string_view mark, std::span<const std::string> keys) {
  std::string row(mark);
  for (const std::string& key : keys) {
    row += static_cast<char>(key.size() >> 8);
    row += static_cast<char>(key.size() & 0xff);
    row += key;
  }
  return row;
}

void add_keys(std::string_view row, std::vector<std::string>& keys) {
  row.remove_prefix(std::min(row.size(), kMarkBytes));
  while (row.size() >= 2) {
    const size_t size =
        static_cast<size_t>(static_cast<uint8_t>(row[0])) << 8 | static_cast<uint8_t>(row[1]);
    if (row.size() < 2 + size) throw Fault(FaultKind::corrupt, "a row of the log of changes");
    keys.emplace_back(row.substr(2, size));
    row.remove_prefix(2 + size);
  }
}

std::string_view mark_of(std::string_view row) {
  return row.substr(0, kMarkBytes);
}

// Which file the log is about: one that takes its place has another number.
std::string identity_of(const std::string& directory) {
  struct stat file {};
  if (stat((directory + "/data.mdb").c_str(), &file) != 0) return "";
  return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
}

void put(MDB_txn* txn, MDB_dbi table, std::string_view key, std::string_view value) {
  MDB_val k{key.size(), const_cast<char*>(key.data())};
  MDB_val v{value.size(), const_cast<char*>(value.data())};
  check_lmdb(mdb_put(txn, table, &k, &v, 0), "write");
}

void del(MDB_txn* txn, MDB_dbi table, std::string_view key) {
  MDB_val k{key.size(), const_cast<char*>(key.data())};
  const int code = mdb_del(txn, table, &k, nullptr);
  if (code != MDB_NOTFOUND) check_lmdb(code, "delete");
}

// The file that the log belongs to (identity_of); nullopt: it has not begun.
std::optional<std::string> owner_in(MDB_txn* txn, MDB_dbi table) {
  return LmdbReadTxn(txn, table).get(kOwner);
}

// Of the kernel: 122 random bits. Each commit has its own, so that a number that is used again,
// after a store was set back, is another place.
std::string new_mark() {
  std::string text = read_file("/proc/sys/kernel/random/uuid", 64).value_or("");
  std::erase_if(text, [](char c) { return c == '-' || c == '\n'; });
  const std::optional<std::string> mark = hex_decode(text);
  if (!mark || mark->size() != kMarkBytes) throw Fault(FaultKind::io, "no mark for the log");
  return *mark;
}

// Whether the log can go on: it is about this file, not ahead of its store (which was set back
// then), and has the newest commit. Followers of a log that cannot go on find another mark.
bool is_whole(MDB_txn* txn, MDB_dbi table, const std::string& identity, uint64_t number) {
  if (owner_in(txn, table) != identity) return false;
  LmdbReadTxn rows(txn, table);
  bool is_ahead = false;
  rows.scan_back("", kOwner, [&](std::string_view key, std::string_view) {
    is_ahead = number_of(key) > number + 1;
    return false;
  });
  return !is_ahead && rows.look(key_of(number), [](std::string_view) {});
}

std::string begin_at(MDB_txn* txn, MDB_dbi table, const std::string& identity, uint64_t number,
                     std::string_view own_mark) {
  if (!is_whole(txn, table, identity, number)) {
    check_lmdb(mdb_drop(txn, table, 0), "empty the log of changes");
    put(txn, table, kOwner, identity);
    put(txn, table, key_of(number), row_of(own_mark.empty() ? new_mark() : own_mark, {}));
  }
  return std::string(mark_of(LmdbReadTxn(txn, table).get(key_of(number)).value_or("")));
}

}  // namespace

ChangeLog::ChangeLog(ChangeLogOptions options, Log& log)
    : options_(std::move(options)), directory_(options_.directory + "/changes"), log_(log) {}

bool ChangeLog::is_on() {
  return open_if_on() != nullptr;
}

std::shared_ptr<Environment> ChangeLog::open_if_on() {
  if (options_.prefixes.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  if (env_ && env_->has_files()) return env_;
  drop();
  const std::string data = directory_ + "/data.mdb";
  if (access(data.c_str(), F_OK) != 0) return nullptr;
  if (const std::shared_ptr<Environment> opened = open(false)) return opened;
  // A commit that this process cannot note must not hide among those of others: the log ends.
  unlink(data.c_str());
  return nullptr;
}

// The caller holds mutex_. Null: it cannot be opened, or is of another boot.
std::shared_ptr<Environment> ChangeLog::open(bool may_create) {
  if (!former_.expired()) return nullptr;  // A file is open once in a process.
  LmdbOptions own;
  own.directory = directory_;
  own.max_bytes = kMaxBytes;
  const auto opened = [&]() -> Result<std::unique_ptr<Environment>> {
    own.is_synced = !TRY(begin_boot(directory_));
    if (!may_create && access((directory_ + "/data.mdb").c_str(), F_OK) != 0) {
      return Error{ErrorCode::not_found, "the log of changes is of an earlier boot"};
    }
    return Environment::open(own, log_);
  };
  Result<std::unique_ptr<Environment>> env = opened();
  if (!env) {
    if (env.error().code != ErrorCode::not_found)
      log_.warn("the log of changes cannot be used", {{"cause", env.error().message}});
    return nullptr;
  }
  env_ = std::move(*env);
  return env_;
}

void ChangeLog::drop() noexcept {
  if (env_) former_ = env_;
  env_.reset();
}

void ChangeLog::note(uint64_t number, std::string_view mark,
                     std::span<const std::string> keys) noexcept {
  try {
    const std::shared_ptr<Environment> env = open_if_on();
    if (!env) return;
    env->write([&](MDB_txn* txn) {
      const MDB_dbi table = env->table();
      if (!owner_in(txn, table)) return false;
      put(txn, table, key_of(number), row_of(mark.empty() ? new_mark() : mark, keys));
      if (number > kKept) del(txn, table, key_of(number - kKept));
      return true;
    });
  } catch (const std::exception& failure) {
    // A commit without a row: whoever follows finds the gap.
    log_.warn("a commit is missing in the log of changes", {{"cause", failure.what()}});
    end();
  }
}

Result<std::string> ChangeLog::begin(uint64_t number, std::string_view mark) {
  if (options_.prefixes.empty()) {
    return Error{ErrorCode::unavailable, "this process keeps no log of changes"};
  }
  std::shared_ptr<Environment> env = open_if_on();
  if (!env) {
    TRY(make_directory(directory_, log_));
    const std::lock_guard lock(mutex_);
    env = env_ ? env_ : open(true);
  }
  if (!env) return Error{ErrorCode::unavailable, "the log of changes cannot be opened"};
  std::string place_mark;
  env->write([&](MDB_txn* txn) {
    place_mark = begin_at(txn, env->table(), identity_of(options_.directory), number, mark);
    return true;
  });
  return place_mark;
}

void ChangeLog::end() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (!env_) return;
    drop();
    static_cast<void>(remove_unsynced(directory_));
  } catch (const std::exception&) {
  }
}

std::optional<ChangedKeys> ChangeLog::since(const Place& after, uint64_t newest, size_t limit) {
  const std::shared_ptr<Environment> env = open_if_on();
  if (!env || after.number > newest) return std::nullopt;
  std::optional<ChangedKeys> changed;
  env->read([&](MDB_txn* txn) {
    if (owner_in(txn, env->table()) != identity_of(options_.directory)) return;
    ChangedKeys found{after, true, {}};
    bool is_first = true;
    LmdbReadTxn(txn, env->table())
        .scan(key_of(after.number), key_of(newest + 1),
              [&](std::string_view key, std::string_view row) {
                const uint64_t number = number_of(key);
                if (is_first) {
                  is_first = false;
                  if (number != after.number || mark_of(row) != after.mark) return false;
                  changed = found;
                  return true;
                }
                if (number != changed->place.number + 1) {
                  changed.reset();
                  return false;
                }
                if (changed->keys.size() >= limit) {
                  changed->is_all = false;
                  return false;
                }
                add_keys(row, changed->keys);
                changed->place = {number, std::string(mark_of(row))};
                return true;
              });
    if (changed && changed->is_all && changed->place.number != newest) changed.reset();
  });
  return changed;
}

}  // namespace authd::store
