// One-time set-up of the libraries below crypto/.
#pragma once

namespace authd::crypto {

// Idempotent and thread-safe; every entry into crypto/ that needs it calls it. OpenSSL is kept from
// reading a configuration file, so that nothing outside the binary changes what it does.
void init();

// To be called when a function of OpenSSL has failed that may lack memory: throws std::bad_alloc if
// that was it, so that what could not be looked at is not taken for wrong. Forgets this thread's
// errors.
void throw_if_no_memory();

}  // namespace authd::crypto
