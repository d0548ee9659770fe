#include "crypto/secret_box.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/encoding.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/private_file.h"

namespace authd::crypto {
namespace {

// sealed = version (1), key id (4), nonce (24), ciphertext with tag (16 more than the plaintext)
constexpr char kVersion = 1;
constexpr size_t kIdBytes = 4;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kHeaderBytes = 1 + kIdBytes + kNonceBytes;

constexpr std::string_view kFilePrefix = "authd-master-key-v1:";
constexpr size_t kMaxFile = 1024;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string key_id(const SecretKey& key) {
  return hmac_sha256(key.reveal(), "authd master key id").substr(0, kIdBytes);
}

// Makes the name of a new file durable.
Result<void> sync_directory(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || fsync(parent.get()) != 0) {
    return Error{ErrorCode::unavailable,
                 "cannot write " + directory + ": " + system_message(errno)};
  }
  return {};
}

// Writes a new key file that is there whole or not at all. That another process was first is no
// error.
Result<void> create_file(const std::string& path, std::string_view line, Random& random) {
  const std::string temporary = path + "." + hex_encode(random.bytes(8));
  TRY(write_file_atomic(temporary, line, 0600));
  const int linked = link(temporary.c_str(), path.c_str());
  const int failure = errno;
  unlink(temporary.c_str());
  if (linked == 0 || failure == EEXIST) {
    // Also for the other's file: what is sealed under its key must not outlive it.
    TRY(sync_directory(path));
    return {};
  }
  return Error{ErrorCode::unavailable,
               "cannot create the master key " + path + ": " + system_message(failure)};
}

}  // namespace

MasterKey::MasterKey(SecretKey bytes) : key_(std::move(bytes)) {
  CHECK(key_.reveal().size() == kBytes);
  init();
}

std::optional<MasterKey> MasterKey::parse(std::string_view line) {
  while (line.ends_with('\n'))
    line.remove_suffix(1);
  if (!line.starts_with(kFilePrefix)) return std::nullopt;
  std::optional<std::string> bytes = base64url_decode(line.substr(kFilePrefix.size()));
  if (!bytes || bytes->size() != kBytes) return std::nullopt;
  return MasterKey(SecretKey(std::move(*bytes)));
}

SecretKey MasterKey::line() const {
  return SecretKey(std::string(kFilePrefix) + base64url_encode(key_.reveal()) + "\n");
}

Result<MasterKey> MasterKey::load(const std::string& path) {
  std::string text = TRY(read_private_file(path, "master key", kMaxFile));
  std::optional<MasterKey> key = parse(text);
  wipe(text);
  if (!key) {
    return Error{ErrorCode::invalid, path +
                                         " is no master key of authd; restore the one that the "
                                         "data was made with"};
  }
  return std::move(*key);
}

Result<MasterKey> MasterKey::load_or_create(const std::string& path, Random& random) {
  Result<MasterKey> found = load(path);
  if (found || found.error().code != ErrorCode::not_found) return found;
  std::string key = random.bytes(kBytes);
  std::string line = std::string(kFilePrefix) + base64url_encode(key) + "\n";
  const Result<void> created = create_file(path, line, random);
  wipe(key);
  wipe(line);
  if (!created) return created.error();
  return load(path);
}

std::string MasterKey::seal(std::string_view plaintext, std::string_view context,
                            Random& random) const {
  std::string sealed(1, kVersion);
  sealed += key_id(key_);
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
  if (sealed.size() < kHeaderBytes + kTagBytes || sealed[0] != kVersion ||
      sealed.substr(1, kIdBytes) != key_id(key_)) {
    return std::nullopt;
  }
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

std::string MasterKey::id() const {
  return hex_encode(key_id(key_));
}

}  // namespace authd::crypto
