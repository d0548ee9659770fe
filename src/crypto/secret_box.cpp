#include "crypto/secret_box.h"

#include <sodium.h>

#include "base/check.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/foreign.h"
#include "crypto/init.h"

namespace authd::crypto {
namespace {

// sealed = version (1), key id (4), nonce (24), ciphertext with tag (16 more than the plaintext)
constexpr char kVersion = 1;
constexpr size_t kIdBytes = 4;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kHeaderBytes = 1 + kIdBytes + kNonceBytes;

constexpr std::string_view kFilePrefix = "authd-master-key-v1:";

}  // namespace

MasterKey::MasterKey(SecretKey bytes) : key_(std::move(bytes)) {
  CHECK(key_.reveal().size() == kBytes);
  init();
  id_ = hex_encode(hmac_sha256(key_.reveal(), "authd master key id").substr(0, kIdBytes));
}

MasterKey MasterKey::generate(Random& random) {
  return MasterKey(SecretKey(random.bytes(kBytes)));
}

std::optional<MasterKey> MasterKey::parse(std::string_view line) {
  if (!line.starts_with(kFilePrefix)) return std::nullopt;
  std::optional<std::string> bytes = base64url_decode(line.substr(kFilePrefix.size()));
  if (!bytes || bytes->size() != kBytes) return std::nullopt;
  return MasterKey(SecretKey(std::move(*bytes)));
}

SecretKey MasterKey::line() const {
  return SecretKey(std::string(kFilePrefix) + base64url_encode(key_.reveal()) + "\n");
}

std::string MasterKey::seal(std::string_view plaintext, std::string_view context,
                            Random& random) const {
  std::string sealed(1, kVersion);
  sealed += hex_decode(id_).value();
  const std::string nonce = random.bytes(kNonceBytes);
  sealed += nonce;
  sealed.resize(kHeaderBytes + plaintext.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      reinterpret_cast<unsigned char*>(sealed.data()) + kHeaderBytes, nullptr, bytes_of(plaintext),
      plaintext.size(), bytes_of(context), context.size(), nullptr, bytes_of(nonce),
      bytes_of(key_.reveal()));
  return sealed;
}

std::optional<std::string> MasterKey::open(std::string_view sealed,
                                           std::string_view context) const {
  if (id_of(sealed) != id_) return std::nullopt;
  const std::string_view nonce = sealed.substr(1 + kIdBytes, kNonceBytes);
  const std::string_view cipher = sealed.substr(kHeaderBytes);
  std::string plaintext(cipher.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(plaintext.data()),
                                                 nullptr, nullptr, bytes_of(cipher), cipher.size(),
                                                 bytes_of(context), context.size(), bytes_of(nonce),
                                                 bytes_of(key_.reveal())) != 0) {
    return std::nullopt;
  }
  return plaintext;
}

std::string MasterKey::id_of(std::string_view sealed) {
  if (sealed.size() < kHeaderBytes + kTagBytes || sealed[0] != kVersion) return {};
  return hex_encode(sealed.substr(1, kIdBytes));
}

}  // namespace authd::crypto
