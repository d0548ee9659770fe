#include "crypto/secret_box.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/encoding.h"
#include "base/file.h"
#include "crypto/digest.h"
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
constexpr size_t kMaxFile = 1024;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string key_id(const SecretKey& key) {
  return hmac_sha256(key.reveal(), "authd master key id").substr(0, kIdBytes);
}

// The key must be for its owner alone. systemd's credentials are 0440 at most, in a directory of
// the service's own, and read-only.
Result<void> check_mode(const std::string& path) {
  struct stat file;
  if (stat(path.c_str(), &file) != 0) {
    const bool is_absent = errno == ENOENT;
    return Error{is_absent ? ErrorCode::not_found : ErrorCode::unavailable,
                 "cannot read the master key " + path + ": " + system_message(errno)};
  }
  const bool is_private = (file.st_mode & 077) == 0;
  const bool is_credential = (file.st_mode & 0337) == 0;
  if (!is_private && !is_credential) {
    return Error{ErrorCode::forbidden, "others can read the master key " + path +
                                           ": chmod 600 it, and make a new one if they may have"};
  }
  return {};
}

// Writes a new key file that is there whole or not at all. Returns false when another process was
// first.
Result<bool> create_file(const std::string& path, std::string_view line, Random& random) {
  const std::string temporary = path + "." + hex_encode(random.bytes(8));
  TRY(write_file_atomic(temporary, line, 0600));
  const int linked = link(temporary.c_str(), path.c_str());
  const int failure = errno;
  unlink(temporary.c_str());
  if (linked == 0) {
    const size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent) fsync(parent.get());
    return true;
  }
  if (failure == EEXIST) return false;
  return Error{ErrorCode::unavailable,
               "cannot create the master key " + path + ": " + system_message(failure)};
}

}  // namespace

MasterKey::MasterKey(SecretKey bytes) : key_(std::move(bytes)) {
  CHECK(key_.reveal().size() == kBytes);
  init();
}

Result<MasterKey> MasterKey::load(const std::string& path) {
  TRY(check_mode(path));
  std::string text = TRY(read_file(path, kMaxFile));
  std::string_view line = text;
  while (line.ends_with('\n'))
    line.remove_suffix(1);
  std::optional<std::string> bytes;
  if (line.starts_with(kFilePrefix)) bytes = base64url_decode(line.substr(kFilePrefix.size()));
  wipe(text);
  if (!bytes || bytes->size() != kBytes) {
    return Error{ErrorCode::invalid, path +
                                         " is no master key of authd; restore the one that the "
                                         "data was made with"};
  }
  return MasterKey(SecretKey(std::move(*bytes)));
}

Result<MasterKey> MasterKey::load_or_create(const std::string& path, Random& random) {
  Result<MasterKey> found = load(path);
  if (found || found.error().code != ErrorCode::not_found) return found;
  std::string key = random.bytes(kBytes);
  std::string line = std::string(kFilePrefix) + base64url_encode(key) + "\n";
  const Result<bool> created = create_file(path, line, random);
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
