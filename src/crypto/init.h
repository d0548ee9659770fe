// One-time set-up of the libraries below crypto/.
#pragma once

namespace authd::crypto {

// Idempotent and thread-safe; every entry into crypto/ that needs it calls it. OpenSSL is kept from
// reading a configuration file, so that nothing outside the binary changes what it does.
void init();

}  // namespace authd::crypto
