#include "store/limits.h"

#include "base/check.h"

namespace authd::store {
namespace {

thread_local bool is_in_transaction = false;

}  // namespace

void check_key(std::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes) {
    throw Fault(FaultKind::limit, "a key of " + std::to_string(key.size()) + " bytes");
  }
}

void check_value(std::string_view value) {
  if (value.size() > kMaxValueBytes) {
    throw Fault(FaultKind::limit, "a value of " + std::to_string(value.size()) + " bytes");
  }
}

void check_write_count(size_t writes) {
  if (writes > kMaxWritesPerTransaction) {
    throw Fault(FaultKind::limit, "more than " + std::to_string(kMaxWritesPerTransaction) +
                                      " writes in a transaction");
  }
}

TransactionGuard::TransactionGuard() {
  CHECK(!is_in_transaction);
  is_in_transaction = true;
}

TransactionGuard::~TransactionGuard() {
  is_in_transaction = false;
}

}  // namespace authd::store
