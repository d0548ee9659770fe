// Shared by the files that call C libraries of cryptography: pointers that free the library's
// objects, and texts as the bytes that it expects.
#pragma once

#include <openssl/bn.h>

#include <memory>
#include <string>
#include <string_view>

namespace authd::crypto {

// A deleter for std::unique_ptr that frees with a function of the library.
template <auto release>
struct Releaser {
  template <typename T>
  void operator()(T* pointer) const {
    release(pointer);
  }
};
using BigNumber = std::unique_ptr<BIGNUM, Releaser<BN_free>>;

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace authd::crypto
