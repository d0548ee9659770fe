#include "crypto/init.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>

#include <new>

#include "base/check.h"

namespace authd::crypto {

void init() {
  static const bool done = [] {
    CHECK(sodium_init() >= 0);
    CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1);
    return true;
  }();
  (void)done;
}

void throw_if_no_memory() {
  bool lacks_memory = false;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error())
    lacks_memory |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
  if (lacks_memory) throw std::bad_alloc();
}

}  // namespace authd::crypto
