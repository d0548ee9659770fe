// A put in a read transaction.
// refused: 'class authd::store::ReadTxn' has no member named 'put'
#include "store/store.h"

using authd::Result;

Result<void> touch(authd::store::Store& store) {
#ifdef FIXED
  return store.write([](authd::store::WriteTxn& tx) -> Result<void> {
#else
  return store.read([](authd::store::ReadTxn& tx) -> Result<void> {
#endif
    tx.put("key", "value");
    return {};
  });
}
