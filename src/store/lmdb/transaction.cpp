#include "store/lmdb/transaction.h"

#include <memory>

#include "store/lmdb/error.h"

namespace authd::store {
namespace {

MDB_val value_of(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// Points into the map of the file: valid until the transaction writes or ends.
std::optional<std::string_view> find(MDB_txn* txn, MDB_dbi table, std::string_view key) {
  check_key(key);
  MDB_val wanted = value_of(key);
  MDB_val found;
  const int code = mdb_get(txn, table, &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check_lmdb(code, "read");
  return view_of(found);
}

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

}  // namespace

std::optional<std::string> LmdbReadTxn::get(std::string_view key) {
  const std::optional<std::string_view> found = find(txn_, table_, key);
  return found ? std::optional(std::string(*found)) : std::nullopt;
}

bool LmdbReadTxn::look(std::string_view key, Take take) {
  const std::optional<std::string_view> found = find(txn_, table_, key);
  if (found) take(*found);
  return found.has_value();
}

void LmdbReadTxn::scan(std::string_view first, std::string_view last, Visit visit) {
  MDB_cursor* raw = nullptr;
  check_lmdb(mdb_cursor_open(txn_, table_, &raw), "scan");
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(raw);
  MDB_val key = value_of(first);
  MDB_val value;
  int code = mdb_cursor_get(raw, &key, &value, first.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (code == MDB_SUCCESS) {
    if (!last.empty() && view_of(key) >= last) return;
    if (!visit(view_of(key), view_of(value))) return;
    code = mdb_cursor_get(raw, &key, &value, MDB_NEXT);
  }
  if (code != MDB_NOTFOUND) check_lmdb(code, "scan");
}

void LmdbReadTxn::scan_back(std::string_view first, std::string_view last, Visit visit) {
  MDB_cursor* raw = nullptr;
  check_lmdb(mdb_cursor_open(txn_, table_, &raw), "scan");
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(raw);
  MDB_val key = value_of(last);
  MDB_val value;
  int code = MDB_NOTFOUND;
  if (!last.empty()) {  // Finds the first key past the range, then steps back.
    code = mdb_cursor_get(raw, &key, &value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS)
      code = mdb_cursor_get(raw, &key, &value, MDB_PREV);
    else if (code == MDB_NOTFOUND)
      code = mdb_cursor_get(raw, &key, &value, MDB_LAST);
  } else {
    code = mdb_cursor_get(raw, &key, &value, MDB_LAST);
  }
  while (code == MDB_SUCCESS) {
    if (view_of(key) < first) return;
    if (!visit(view_of(key), view_of(value))) return;
    code = mdb_cursor_get(raw, &key, &value, MDB_PREV);
  }
  if (code != MDB_NOTFOUND) check_lmdb(code, "scan");
}

std::optional<std::string> LmdbWriteTxn::get(std::string_view key) {
  const std::optional<std::string_view> found = find(txn_, table_, key);
  return found ? std::optional(std::string(*found)) : std::nullopt;
}

bool LmdbWriteTxn::look(std::string_view key, Take take) {
  const std::optional<std::string_view> found = find(txn_, table_, key);
  if (found) take(*found);
  return found.has_value();
}

void LmdbWriteTxn::put(std::string_view key, std::string_view value) {
  check_key(key);
  check_value(value);
  check_write_count(++writes_);
  MDB_val k = value_of(key);
  MDB_val v = value_of(value);
  check_lmdb(mdb_put(txn_, table_, &k, &v, 0), "write");
  if (changed_ != nullptr) changed_->emplace_back(key);
}

void LmdbWriteTxn::del(std::string_view key) {
  check_key(key);
  check_write_count(++writes_);
  MDB_val k = value_of(key);
  const int code = mdb_del(txn_, table_, &k, nullptr);
  if (code != MDB_NOTFOUND) check_lmdb(code, "delete");
  if (changed_ != nullptr) changed_->emplace_back(key);
}

}  // namespace authd::store
