#include "auth/accounts/roles/setup_state.h"

#include "tables/schema.h"

namespace authd::auth {

namespace {

constexpr const char* kIsSetUp = "is_set_up";

}  // namespace

bool is_setup_open(store::Reader& tx) {
  return !tables::settings.find(tx, kIsSetUp);
}

void close_setup(store::WriteTxn& tx) {
  if (is_setup_open(tx)) tables::settings.put(tx, kIsSetUp, {"yes", {}});
}

}  // namespace authd::auth
