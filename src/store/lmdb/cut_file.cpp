#include "store/lmdb/cut_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace authd::store {
namespace {

constexpr MDB_dbi kFreePages = 0;  // LMDB's own table: transaction -> number of pages, pages

struct EndTransaction {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

// How many of the free pages are at or behind `first`.
int count_free_from(MDB_env* env, size_t first, size_t& count) {
  // Only read transactions can open this table.
  MDB_txn* reader = nullptr;
  int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &reader);
  if (code != MDB_SUCCESS) return code;
  const std::unique_ptr<MDB_txn, EndTransaction> txn(reader);
  MDB_cursor* raw = nullptr;
  code = mdb_cursor_open(reader, kFreePages, &raw);
  if (code != MDB_SUCCESS) return code;
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(raw);
  MDB_val key;
  MDB_val value;
  while ((code = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
    size_t pages = 0;
    if (value.mv_size < sizeof pages) return MDB_CORRUPTED;
    const auto* numbers = static_cast<const char*>(value.mv_data);
    std::memcpy(&pages, numbers, sizeof pages);
    if (pages > value.mv_size / sizeof pages - 1) return MDB_CORRUPTED;
    for (size_t i = 1; i <= pages; ++i) {
      size_t page = 0;
      std::memcpy(&page, numbers + i * sizeof page, sizeof page);
      if (page >= first) count += 1;
    }
  }
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

}  // namespace

int check_length(MDB_env* env) {
  int fd = -1;
  struct stat file;
  MDB_envinfo info;
  MDB_stat stat;
  mdb_env_get_fd(env, &fd);
  mdb_env_info(env, &info);
  mdb_env_stat(env, &stat);
  if (fstat(fd, &file) != 0) return errno;
  const size_t needed = info.me_last_pgno + 1;
  const size_t there = static_cast<size_t>(file.st_size) / stat.ms_psize;
  if (there >= needed) return MDB_SUCCESS;

  // A sound file may be short as well: pages that were allocated and freed within one transaction
  // are never written. So the file is sound only if all missing pages are free. The list of free
  // pages may be cut off itself, so the file gets its full length back before it is read; nobody
  // else writes now.
  if (ftruncate(fd, static_cast<off_t>(needed * stat.ms_psize)) != 0) return errno;
  size_t free_pages = 0;
  int code = count_free_from(env, there, free_pages);
  if (code == MDB_SUCCESS && free_pages != needed - there) code = MDB_CORRUPTED;
  if (ftruncate(fd, file.st_size) != 0) return errno;
  return code;
}

}  // namespace authd::store
