#include "store/copy/copy.h"

#include <algorithm>

#include "store/lmdb/boot_file.h"
#include "store/lmdb/error.h"
#include "store/lmdb/transaction.h"

namespace authd::store {
namespace {

// The row that says which revision the copy has: the greatest key there can be, so that a scan to
// the end stops before it. Nobody else uses it.
const std::string& revision_key() {
  static const std::string key(kMaxKeyBytes, '\xff');
  return key;
}

constexpr size_t kMarkBytes = 16;

std::string encode(const Revision& revision) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(revision.number >> shift & 0xff);
  return bytes + revision.mark;
}

Revision decode(std::string_view bytes) {
  if (bytes.size() != 8 + kMarkBytes) throw Fault(FaultKind::corrupt, "the revision of the copy");
  Revision revision;
  for (const char byte : bytes.substr(0, 8))
    revision.number = revision.number << 8 | static_cast<uint8_t>(byte);
  revision.mark = bytes.substr(8);
  return revision;
}

void check_not_reserved(std::string_view key) {
  if (key == revision_key()) throw Fault(FaultKind::limit, "the key of the copy's revision");
}

// Everything but the row of the revision.
class CopyTxn final : public ReadTxn {
 public:
  explicit CopyTxn(LmdbReadTxn& below) : below_(below) {}
  std::optional<std::string> get(std::string_view key) override {
    std::optional<std::string> value = below_.get(checked(key));
    missed_ = missed_ || !value;
    return value;
  }
  bool look(std::string_view key, Take take) override {
    const bool is_there = below_.look(checked(key), take);
    missed_ = missed_ || !is_there;
    return is_there;
  }
  void scan(std::string_view first, std::string_view last, Visit visit) override {
    bool is_empty = true;
    below_.scan(first, bounded(last), [&](std::string_view key, std::string_view value) {
      is_empty = false;
      return visit(key, value);
    });
    missed_ = missed_ || is_empty;
  }
  void scan_back(std::string_view first, std::string_view last, Visit visit) override {
    bool is_empty = true;
    below_.scan_back(first, bounded(last), [&](std::string_view key, std::string_view value) {
      is_empty = false;
      return visit(key, value);
    });
    missed_ = missed_ || is_empty;
  }
  bool missed() const { return missed_; }
  uint64_t snapshot() const override { return below_.snapshot(); }

 private:
  static std::string_view checked(std::string_view key) {
    check_not_reserved(key);
    return key;
  }
  static std::string_view bounded(std::string_view last) {
    return last.empty() || last > revision_key() ? std::string_view(revision_key()) : last;
  }
  LmdbReadTxn& below_;
  bool missed_ = false;
};

void put(MDB_txn* txn, MDB_dbi table, std::string_view key, std::string_view value,
         unsigned flags = 0) {
  MDB_val k{key.size(), const_cast<char*>(key.data())};
  MDB_val v{value.size(), const_cast<char*>(value.data())};
  check_lmdb(mdb_put(txn, table, &k, &v, flags), "write");
}

void del(MDB_txn* txn, MDB_dbi table, std::string_view key) {
  MDB_val k{key.size(), const_cast<char*>(key.data())};
  const int code = mdb_del(txn, table, &k, nullptr);
  if (code != MDB_NOTFOUND) check_lmdb(code, "delete");
}

std::optional<Revision> revision_in(MDB_txn* txn, MDB_dbi table) {
  const std::optional<std::string> row = LmdbReadTxn(txn, table).get(revision_key());
  if (!row) return std::nullopt;
  return decode(*row);
}

}  // namespace

Result<std::unique_ptr<Copy>> Copy::open(const LmdbOptions& options, Log& log) {
  LmdbOptions own = options;
  own.is_synced = !TRY(begin_boot(options.directory));
  std::unique_ptr<Environment> env = TRY(Environment::open(own, log));
  std::unique_ptr<Copy> copy(new Copy(std::move(env), options, log));
  static_cast<void>(copy->revision());
  return copy;
}

Result<void> Copy::remove(const std::string& directory) {
  return remove_unsynced(directory);
}

void Copy::note(uint64_t revision) {
  uint64_t known = known_.load(std::memory_order_relaxed);
  while (known < revision &&
         !known_.compare_exchange_weak(known, revision, std::memory_order_release)) {
  }
}

std::optional<Revision> Copy::revision() {
  std::optional<Revision> found;
  env_->read([&](MDB_txn* txn) { found = revision_in(txn, env_->table()); });
  if (found) note(found->number);
  return found;
}

bool Copy::read(FunctionRef<void(ReadTxn&, const Revision&)> work) {
  bool missed = false;
  env_->read([&](MDB_txn* txn) {
    LmdbReadTxn below(txn, env_->table());
    CopyTxn above(below);
    work(above, revision_in(txn, env_->table()).value_or(Revision{}));
    missed = above.missed();
  });
  return missed;
}

// Before the commit, as change_log.h says.
void Copy::note_changes(const Commit& commit) {
  std::vector<std::string> keys;
  for (const std::string& key : commit.keys) {
    if (changes_.is_noted(key)) keys.push_back(key);
  }
  changes_.note(commit.revision.number, commit.revision.mark, keys);
}

bool Copy::apply(std::span<const Commit> commits) {
  bool fits = true;
  uint64_t last = 0;
  env_->write([&](MDB_txn* txn) {
    const bool is_followed = changes_.is_on();
    const MDB_dbi table = env_->table();
    const std::optional<Revision> has = revision_in(txn, table);
    if (!has) return fits = false;
    last = has->number;
    const Commit* newest = nullptr;
    for (const Commit& commit : commits) {
      if (commit.revision.number <= last) continue;
      if (commit.revision.number != last + 1) return fits = false;
      for (size_t i = 0; i < commit.keys.size(); ++i) {
        if (commit.values[i])
          put(txn, table, commit.keys[i], *commit.values[i]);
        else
          del(txn, table, commit.keys[i]);
      }
      if (is_followed) note_changes(commit);
      last += 1;
      newest = &commit;
    }
    if (newest == nullptr) return false;  // Another process was faster.
    put(txn, table, revision_key(), encode(newest->revision));
    return true;
  });
  if (fits) note(last);
  return fits;
}

void Copy::advance(const Revision& revision, std::span<const Record> records) {
  env_->write([&](MDB_txn* txn) {
    const MDB_dbi table = env_->table();
    for (const Record& record : records) {
      check_not_reserved(record.key);
      if (record.value)
        put(txn, table, record.key, *record.value);
      else
        del(txn, table, record.key);
    }
    put(txn, table, revision_key(), encode(revision));
    return true;
  });
  known_.store(revision.number, std::memory_order_release);
}

Result<void> Copy::replace(FunctionRef<Result<Revision>(Put)> fill) {
  Result<void> outcome;
  uint64_t number = 0;
  env_->write([&](MDB_txn* txn) {
    const MDB_dbi table = env_->table();
    if (changes_.is_on()) changes_.end();  // What follows is another history, perhaps.
    check_lmdb(mdb_drop(txn, table, 0), "empty the copy");
    const Result<Revision> filled = fill([&](std::string_view key, std::string_view value) {
      check_not_reserved(key);
      put(txn, table, key, value, MDB_APPEND);
    });
    if (!filled) {
      outcome = filled.error();
      return false;
    }
    put(txn, table, revision_key(), encode(*filled), MDB_APPEND);
    number = filled->number;
    return true;
  });
  if (outcome) known_.store(number, std::memory_order_release);
  return outcome;
}

}  // namespace authd::store
