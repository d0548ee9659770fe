#include "store/lmdb/error.h"

#include <lmdb.h>

#include <cerrno>

namespace authd::store {
namespace {

std::string advice(FaultKind kind) {
  switch (kind) {
    case FaultKind::map_full: return "raise store.max_size and restart";
    case FaultKind::disk_full: return "free space on the disk of server.data_dir";
    case FaultKind::read_only: return "make server.data_dir writable for this user";
    case FaultKind::corrupt: return "stop authd, keep a copy of the files, restore a backup";
    case FaultKind::version: return "run the authd that wrote these files, or restore a backup";
    case FaultKind::limit: return "report this as a bug";
    case FaultKind::io: return "see the log of the system";
  }
  __builtin_unreachable();
}

}  // namespace

FaultKind fault_kind(int code) {
  switch (code) {
    case MDB_MAP_FULL: return FaultKind::map_full;
    case ENOSPC:
    case EDQUOT: return FaultKind::disk_full;
    case EROFS:
    case EACCES:
    case EPERM: return FaultKind::read_only;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_PANIC:
    case MDB_INVALID: return FaultKind::corrupt;
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return FaultKind::version;
    case MDB_BAD_VALSIZE:
    case MDB_TXN_FULL: return FaultKind::limit;
    default: return FaultKind::io;
  }
}

std::string explain(int code) {
  return std::string(mdb_strerror(code)) + "; " + advice(fault_kind(code));
}

void check_lmdb(int code, const char* action) {
  if (code == MDB_SUCCESS) return;
  throw Fault(fault_kind(code), std::string(action) + ": " + explain(code));
}

}  // namespace authd::store
