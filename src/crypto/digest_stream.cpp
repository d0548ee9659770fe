#include "crypto/digest_stream.h"

#include <openssl/evp.h>

#include <new>

#include "base/check.h"
#include "base/per_thread.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

// Fetched once: by name, each digest would cost more than hashing a password.
const EVP_MD* fetched(const char* name) {
  init();
  const EVP_MD* const found = EVP_MD_fetch(nullptr, name, nullptr);
  if (found == nullptr) throw std::bad_alloc();  // The next call tries again.
  return found;
}

const EVP_MD* type_of(DigestStream::Algorithm algorithm) {
  if (algorithm == DigestStream::Algorithm::sha1) {
    static const EVP_MD* const sha1 = fetched("SHA1");
    return sha1;
  }
  static const EVP_MD* const sha256 = fetched("SHA256");
  return sha256;
}

class Sha1 : public DigestStream {
 public:
  Sha1() : DigestStream(Algorithm::sha1) {}
};

}  // namespace

DigestStream::DigestStream(Algorithm algorithm)
    : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
  start();
}

DigestStream::~DigestStream() {
  EVP_MD_CTX_free(context_);
}

void DigestStream::start() {
  if (EVP_DigestInit_ex2(context_, type_of(algorithm_), nullptr) != 1) throw std::bad_alloc();
}

void DigestStream::add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

std::string DigestStream::finish() {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), &size) == 1);
  out.resize(size);
  start();
  return out;
}

std::string sha1(std::string_view bytes) {
  static PerThread<Sha1> streams;
  DigestStream& stream = streams.get();
  stream.add(bytes);
  return stream.finish();
}

}  // namespace authd::crypto
