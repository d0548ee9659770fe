#include "crypto/init.h"

#include <openssl/crypto.h>
#include <sodium.h>

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

}  // namespace authd::crypto
