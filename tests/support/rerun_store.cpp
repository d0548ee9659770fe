#include "support/rerun_store.h"

namespace authd::test {

Result<void> RerunStore::run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) {
  return read_through(below_, fn);
}

Result<void> RerunStore::run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) {
  const Result<void> first = write_through(below_, [&](store::WriteTxn& txn) -> Result<void> {
    const Result<void> outcome = fn(txn);
    if (!outcome) return outcome;
    return Error{ErrorCode::conflict, "rolled back, to run it again"};
  });
  static_cast<void>(first);  // Whatever the outcome, the second run decides.
  return write_through(below_, fn);
}

}  // namespace authd::test
