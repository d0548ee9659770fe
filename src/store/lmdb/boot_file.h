// Files of LMDB that are not synced to the disk belong to a boot of the machine (boot_id(5) of
// /proc/sys/kernel/random): a process that dies loses nothing of them, a machine that dies may
// leave any state.
#pragma once

#include <string>

#include "base/result.h"

namespace authd::store {

// Removes data.mdb and lock.mdb of another boot from the directory, and notes this boot in its file
// "boot". Returns whether this machine says which boot it is: if not, the caller has to sync.
// Nobody has the files of another boot open. Error: `unavailable`.
Result<bool> begin_boot(const std::string& directory);

// Removes the two files whatever boot they are of. Nobody has them open.
Result<void> remove_unsynced(const std::string& directory);

}  // namespace authd::store
