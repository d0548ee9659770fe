// Reads whose value is compared outside of the store, such as the hash of a password. The store
// does not see that the comparison says no, so such a read is made as new as every write of every
// host beforehand (store/store.h). With one host, every read is.
#pragma once

#include "store/store.h"

namespace authd::auth {

template <typename T>
struct Newest {
  T value;
};

template <typename T>
bool says_no(const Newest<T>&) {
  return true;  // Whatever it is, it must not be old.
}

// `fn` as for Store::read(). Errors: its own, and `unavailable`.
template <typename T, typename F>
Result<T> read_newest(store::Store& store, F fn) {
  Newest<T> read = TRY(
      store.read([&](store::ReadTxn& tx) -> Result<Newest<T>> { return Newest<T>{TRY(fn(tx))}; }));
  return std::move(read.value);
}

}  // namespace authd::auth
