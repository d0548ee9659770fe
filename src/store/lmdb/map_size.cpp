#include "store/lmdb/map_size.h"

#include <unistd.h>

#include <algorithm>

namespace authd::store {
namespace {

// In the format with MDB_DATA_VERSION 1, on 64-bit machines, the first two pages are headers, used
// in turn. Each has a page header of 16 bytes, magic and version, an address, and then the size.
constexpr off_t kOffset = 16 + 2 * sizeof(uint32_t) + sizeof(uint64_t);
constexpr int kHeaders = 2;

}  // namespace

uint64_t recorded_map_size(MDB_env* env) {
  int fd = -1;
  MDB_stat stat;
  if (mdb_env_get_fd(env, &fd) != MDB_SUCCESS || mdb_env_stat(env, &stat) != MDB_SUCCESS) return 0;
  uint64_t largest = 0;
  for (int header = 0; header < kHeaders; ++header) {
    uint64_t size = 0;
    const off_t at = header * static_cast<off_t>(stat.ms_psize) + kOffset;
    if (pread(fd, &size, sizeof size, at) != sizeof size) return 0;
    largest = std::max(largest, size);
  }
  return largest;
}

uint64_t own_map_size(MDB_env* env) {
  MDB_envinfo info;
  return mdb_env_info(env, &info) == MDB_SUCCESS ? info.me_mapsize : 0;
}

}  // namespace authd::store
