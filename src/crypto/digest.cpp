#include "crypto/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "base/check.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

// OpenSSL's SHA-256 uses the processor's instructions for it; fetching it by name costs more than
// hashing a token, so it is fetched once and the context kept per thread.
class Sha256Context {
 public:
  Sha256Context() : context_(EVP_MD_CTX_new()) { CHECK(context_ != nullptr); }
  ~Sha256Context() { EVP_MD_CTX_free(context_); }
  Sha256Context(const Sha256Context&) = delete;
  Sha256Context& operator=(const Sha256Context&) = delete;

  void start() {
    static EVP_MD* const algorithm = [] {
      init();
      return EVP_MD_fetch(nullptr, "SHA256", nullptr);
    }();
    CHECK(EVP_DigestInit_ex2(context_, algorithm, nullptr) == 1);
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

}  // namespace

std::string sha256(std::string_view bytes) {
  thread_local Sha256Context context;
  context.start();
  context.add(bytes);
  return context.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  init();
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()),
                              key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(message.data()),
                                message.size());
  std::string out(kSha256Bytes, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(out.data()));
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace authd::crypto
