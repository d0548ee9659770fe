// The limits of store.h as checks, shared by every engine.
#pragma once

#include <string_view>

#include "store/store.h"

namespace authd::store {

// Each throws Fault{limit}: the closure fails, the process goes on.
void check_key(std::string_view key);
void check_value(std::string_view value);
void check_write_count(size_t writes);

// CHECKs that this thread is in no transaction, and marks it as being in one until the guard is
// destroyed.
class TransactionGuard {
 public:
  TransactionGuard();
  ~TransactionGuard();
  TransactionGuard(const TransactionGuard&) = delete;
  TransactionGuard& operator=(const TransactionGuard&) = delete;
};

}  // namespace authd::store
