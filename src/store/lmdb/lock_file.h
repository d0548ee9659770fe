// The lock file is written through a memory map. LMDB makes it with holes, and when the disk is
// full the first write into a hole ends the process with SIGBUS. So its blocks are taken
// beforehand.
#pragma once

#include <cstddef>
#include <string>

namespace authd::store {

// Entries for concurrent read transactions of all processes, and the size of LMDB's lock file,
// which has 64 bytes for each and some more in front.
inline constexpr unsigned kMaxReaders = 2048;
inline constexpr size_t kLockFileBytes = kMaxReaders * 64 + 4096;

// Makes the file `bytes` long (0600) unless it is there, and takes all its blocks. Returns 0 or an
// errno (ENOSPC). Must not run while this process has the database open: closing any descriptor of
// the file drops LMDB's locks.
int reserve_lock_file(const std::string& path, size_t bytes);

}  // namespace authd::store
