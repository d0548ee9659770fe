// A scan in a write transaction: an optimistic engine does not guard the gaps between keys.
// refused: 'class authd::store::WriteTxn' has no member named 'scan'
#include "store/store.h"

using authd::Result;

Result<void> forget_all(authd::store::Store& store) {
  return store.write([&](authd::store::WriteTxn& tx) -> Result<void> {
#ifdef FIXED
    tx.del("a");
#else
    tx.scan("a", "b", [&](std::string_view key, std::string_view) { return tx.del(key), true; });
#endif
    return {};
  });
}
