#include "crypto/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/check.h"
#include "base/per_thread.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

// OpenSSL's SHA-256 uses the processor's instructions for it; fetching it by name costs more than
// hashing a token, so it is fetched once and the context kept per thread.
class Sha256Context {
 public:
  Sha256Context() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  ~Sha256Context() { EVP_MD_CTX_free(context_); }
  Sha256Context(const Sha256Context&) = delete;
  Sha256Context& operator=(const Sha256Context&) = delete;

  void start() {
    static EVP_MD* const algorithm = [] {
      init();
      EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
      if (found == nullptr) throw std::bad_alloc();  // The next call tries again.
      return found;
    }();
    // The algorithm exists, so only memory can be missing.
    if (EVP_DigestInit_ex2(context_, algorithm, nullptr) != 1) throw std::bad_alloc();
  }
  void add(std::string_view bytes) {
    CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
  }
  std::string finish() {
    std::string out(kSha256Bytes, '\0');
    CHECK(EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1);
    return out;
  }

 private:
  EVP_MD_CTX* context_;
};

// `first`, then `second`.
std::string hash_of(std::string_view first, std::string_view second) {
  static PerThread<Sha256Context> contexts;
  Sha256Context& context = contexts.get();
  context.start();
  context.add(first);
  context.add(second);
  return context.finish();
}

}  // namespace

std::string sha256(std::string_view bytes) {
  return hash_of(bytes, {});
}

// RFC 2104 section 2. Sodium has it too, but without the processor's instructions for SHA-256: each
// refresh makes two, and each session cookie is one.
std::string hmac_sha256(std::string_view key, std::string_view message) {
  constexpr size_t kBlock = 64;
  std::array<char, kBlock> inner{};
  if (key.size() > kBlock) {
    const std::string hashed = sha256(key);
    std::copy(hashed.begin(), hashed.end(), inner.begin());
  } else {
    std::copy(key.begin(), key.end(), inner.begin());
  }
  std::array<char, kBlock> outer = inner;
  for (char& c : inner)
    c = static_cast<char>(c ^ 0x36);
  for (char& c : outer)
    c = static_cast<char>(c ^ 0x5c);
  std::string mac = hash_of({outer.data(), kBlock}, hash_of({inner.data(), kBlock}, message));
  sodium_memzero(inner.data(), kBlock);
  sodium_memzero(outer.data(), kBlock);
  return mac;
}

}  // namespace authd::crypto
