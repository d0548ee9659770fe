#include "store/lmdb/error.h"

#include <lmdb.h>

#include <catch2/catch.hpp>
#include <cerrno>

using namespace authd::store;

TEST_CASE("what LMDB and the system report becomes the kind of fault that it is") {
  CHECK(fault_kind(MDB_MAP_FULL) == FaultKind::map_full);
  for (const int code : {ENOSPC, EDQUOT, EFBIG})
    CHECK(fault_kind(code) == FaultKind::disk_full);
  for (const int code : {EROFS, EACCES, EPERM})
    CHECK(fault_kind(code) == FaultKind::read_only);
  for (const int code : {MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID})
    CHECK(fault_kind(code) == FaultKind::corrupt);
  for (const int code : {MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE})
    CHECK(fault_kind(code) == FaultKind::version);
  for (const int code : {MDB_BAD_VALSIZE, MDB_TXN_FULL})
    CHECK(fault_kind(code) == FaultKind::limit);
  for (const int code : {EIO, ENOMEM, MDB_PANIC, MDB_READERS_FULL, MDB_BAD_TXN, MDB_BAD_RSLOT})
    CHECK(fault_kind(code) == FaultKind::io);
}

TEST_CASE("an explanation says what it is and what to do, also for a code that is not listed") {
  CHECK(explain(MDB_MAP_FULL).find("MDB_MAP_FULL") == 0);
  CHECK(explain(MDB_MAP_FULL).find("; raise store.max_size and restart") != std::string::npos);
  CHECK(explain(ENOSPC).find("No space left on device; free space") == 0);
  CHECK(explain(ENOTTY).find("; see the log of the system") != std::string::npos);
}

TEST_CASE("a failed call becomes a Fault that says what was tried, a good one nothing") {
  CHECK_NOTHROW(check_lmdb(MDB_SUCCESS, "commit"));
  try {
    check_lmdb(ENOSPC, "commit");
    FAIL("no Fault");
  } catch (const Fault& fault) {
    CHECK(fault.kind() == FaultKind::disk_full);
    CHECK(std::string(fault.what()).find("commit: No space left") == 0);
  }
}
