// Password hashes. New ones are Argon2id (RFC 9106) in PHC form. Hashes imported from other systems
// are verified in their own form until the next login replaces them.
//
//   form                                   where it comes from
//   $argon2id$ $argon2i$                   argon2-cffi, libsodium, most others (version 19 only)
//   scrypt:N:r:p$salt$hex                  werkzeug (Flask)
//   scrypt$N$salt$r$p$hash                 Django; $scrypt$ln=…,r=…,p=…$salt$hash: passlib
//   $fbscrypt$…                            Firebase, as Supabase keeps it
//   pbkdf2:sha256:N$salt$hex               werkzeug; also sha1, sha224, sha384, sha512
//   $pbkdf2-sha256$N$salt$hash             passlib, Authelia; also -sha512, and $pbkdf2$ for SHA-1
//   $pbkdf2-sha256$i=N,l=32$salt$hash      Ory Kratos
//   pbkdf2_sha256$N$salt$hash              Django; also pbkdf2_sha1
//   base64 that begins with A              ASP.NET Identity, versions 2 and 3
//   $2a$ $2b$ $2y$                         bcrypt
//   bcrypt_sha256$$2b$, bcrypt$$2b$        Django
//   $bcrypt-sha256$                        passlib
//   $wp$2y$                                WordPress since 6.8
//   $P$ $H$                                phpass: WordPress before, phpBB
//   argon2$argon2id$                       Django
//   {CRYPT} {BLF-CRYPT} {ARGON2} {PBKDF2-SHA256} {SSHA} {SSHA256} {SSHA512} …
//                                          LDAP, Dovecot: a tag in front of one of the others
//   $1$ $5$ $6$                            md5-crypt, sha256-crypt, sha512-crypt
//   $y$ $gy$                               yescrypt, gost-yescrypt
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/passwords/verdict.h"

namespace authd::crypto {

struct Argon2Params {
  uint64_t memory_bytes = 19 << 20;  // OWASP Password Storage Cheat Sheet: 19 MiB and 2 passes
  uint32_t passes = 2;
};

// A new hash, with a salt of 16 bytes and a tag of 32. Error: `invalid` for parameters beyond the
// limits below, because such a hash could not be verified later. Throws std::bad_alloc when memory
// is short, as verify_password() does: a password that cannot be checked is not a wrong one.
Result<std::string> hash_password(const Password& password, const Argon2Params& params,
                                  Random& random);

Verdict verify_password(const Password& password, std::string_view stored);

// True when the form is known and its parameters are within the limits (for imports).
bool is_supported_hash(std::string_view stored);

// True unless it is an Argon2id hash with exactly these parameters.
bool needs_rehash(std::string_view stored, const Argon2Params& params);

// A stored hash is data, and data may be hostile (an import): a hash that would cost more than this
// is refused.
inline constexpr uint64_t kMaxHashMemory = 1ull << 30;  // bytes, Argon2 and scrypt
inline constexpr uint64_t kMaxArgon2Passes = 20;
inline constexpr uint64_t kMaxArgon2Lanes = 16;
inline constexpr uint64_t kMaxScryptN = 1 << 20;
inline constexpr uint64_t kMaxScryptR = 32;
inline constexpr uint64_t kMaxScryptP = 16;
inline constexpr uint64_t kMaxPbkdf2Iterations = 10'000'000;
inline constexpr unsigned kMaxBcryptCost = 16;
inline constexpr uint64_t kMaxShaCryptRounds = 5'000'000;
inline constexpr size_t kMaxPhpassLogRounds = 18;
inline constexpr size_t kMaxStoredHash = 512;           // bytes of text
inline constexpr size_t kMaxHashedPassword = 4096 * 4;  // bytes of UTF-8

}  // namespace authd::crypto
