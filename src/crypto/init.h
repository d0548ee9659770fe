// One-time set-up of the libraries below crypto/.
#pragma once

namespace authd::crypto {

// Idempotent and thread-safe; every entry point of crypto/ that needs it calls it. OpenSSL reads no
// configuration file, so nothing outside the binary changes what it does.
void init();

// Call this when an OpenSSL function has failed and memory may be the reason: throws std::bad_alloc
// if it was, so that a value that could not be checked is not taken for a wrong one. Clears this
// thread's errors.
void throw_if_no_memory();

}  // namespace authd::crypto
