// The lock file is written through a memory map. LMDB creates it with holes, and on a full disk the
// first write into a hole ends the process with SIGBUS. So its blocks are allocated beforehand.
#pragma once

#include <cstddef>
#include <string>

namespace authd::store {

// The number of concurrent read transactions of all processes, and the size of LMDB's lock file: 64
// bytes for each, after a header.
inline constexpr unsigned kMaxReaders = 2048;
inline constexpr size_t kLockFileBytes = kMaxReaders * 64 + 4096;

// Creates the file (0600, `bytes` long) unless it exists, and allocates all its blocks. Returns 0
// or an errno (ENOSPC). Must not run while this process has the database open: closing any
// descriptor of the file drops LMDB's locks.
int reserve_lock_file(const std::string& path, size_t bytes);

}  // namespace authd::store
