#include "store/lmdb/error.h"

#include <lmdb.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace authd::store {
namespace {

struct Meaning {
  int code;
  FaultKind kind;
  const char* advice;
};

// Every code that an operator can do something about.
constexpr Meaning kMeanings[] = {
    {MDB_MAP_FULL, FaultKind::map_full, "raise store.max_size and restart"},
    {ENOSPC, FaultKind::disk_full, "free space on the disk of server.data_dir"},
    {EDQUOT, FaultKind::disk_full, "raise the disk quota of this user"},
    {EFBIG, FaultKind::disk_full, "raise the limit of file sizes (ulimit -f)"},
    {EROFS, FaultKind::read_only, "mount the disk of server.data_dir writable"},
    {EACCES, FaultKind::read_only, "run authd as the user that owns server.data_dir, or as root"},
    {EPERM, FaultKind::read_only, "run authd as the user that owns server.data_dir, or as root"},
    {MDB_PAGE_NOTFOUND, FaultKind::corrupt, "stop authd, keep a copy, restore a backup"},
    {MDB_CORRUPTED, FaultKind::corrupt, "stop authd, keep a copy, restore a backup"},
    {MDB_INVALID, FaultKind::corrupt, "name another server.data_dir, or restore a backup"},
    {MDB_VERSION_MISMATCH, FaultKind::version, "run the authd that wrote it, or restore a backup"},
    {MDB_INCOMPATIBLE, FaultKind::version, "run the authd that wrote it, or restore a backup"},
    {MDB_BAD_VALSIZE, FaultKind::limit, "report this as a bug"},
    {MDB_TXN_FULL, FaultKind::limit, "report this as a bug"},
    {MDB_BAD_TXN, FaultKind::io, "the line before this one says why"},
    {MDB_PANIC, FaultKind::io, "check the disk; authd tries to open the database again"},
    {ENOMEM, FaultKind::io, "leave authd more memory (ulimit -v, ulimit -d, the machine's)"},
    {MDB_READERS_FULL, FaultKind::io, "end some of the commands that run on server.data_dir"},
    {EIO, FaultKind::io, "check the disk; the log of the kernel has more"},
    {ENOTDIR, FaultKind::io, "name a directory as server.data_dir"},
    {ELOOP, FaultKind::io, "replace the symbolic link in server.data_dir with the file itself"},
    {ENOENT, FaultKind::io, "create the directory, or name another server.data_dir"},
    {ETIMEDOUT, FaultKind::io,
     "another process holds a lock of the database: resume it (kill -CONT), or end it"},
    {EAGAIN, FaultKind::io,
     "let the containers that share server.data_dir share their process ids too"},
};

const Meaning* find_meaning(int code) {
  const auto* found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                   [&](const Meaning& meaning) { return meaning.code == code; });
  return found == std::end(kMeanings) ? nullptr : found;
}

}  // namespace

FaultKind fault_kind(int code) {
  const Meaning* meaning = find_meaning(code);
  return meaning == nullptr ? FaultKind::io : meaning->kind;
}

std::string explain(int code) {
  const Meaning* meaning = find_meaning(code);
  return std::string(mdb_strerror(code)) + "; " +
         (meaning == nullptr ? "see the log of the system" : meaning->advice);
}

void check_lmdb(int code, const char* action) {
  if (code == MDB_SUCCESS) return;
  throw Fault(fault_kind(code), std::string(action) + ": " + explain(code));
}

}  // namespace authd::store
