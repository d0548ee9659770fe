#include "crypto/sealed_stream.h"

#include <sodium.h>

#include "base/check.h"
#include "crypto/foreign.h"
#include "crypto/init.h"
#include "crypto/private_file.h"

namespace authd::crypto {
namespace {

constexpr std::string_view kMagic = "AUTHDBAK";
constexpr uint8_t kVersion = 1;
constexpr size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr size_t kStreamHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr size_t kExtra = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr size_t kVersionAt = 8;
constexpr size_t kLockAt = 9;
constexpr size_t kPassesAt = 10;
constexpr size_t kMemoryAt = 14;
constexpr size_t kSaltAt = 18;
constexpr size_t kStreamAt = kSaltAt + kSaltBytes;
constexpr size_t kHeaderBytes = kStreamAt + kStreamHeader;

// RFC 9106 section 4, the second recommendation, in one lane. The costs in a header are bounded, so
// that a foreign file cannot exhaust the memory.
constexpr uint32_t kPasses = 3;
constexpr uint32_t kMemoryKib = 64 * 1024;
constexpr uint32_t kMaxPasses = 16;
constexpr uint32_t kMaxMemoryKib = 1024 * 1024;

constexpr size_t kMinKeyFile = 32;
constexpr size_t kMaxKeyFile = 4096;

using State = crypto_secretstream_xchacha20poly1305_state;

// The state of the library lives in a Secret, which wipes it.
State* state_in(SecretKey& state) {
  static_assert(alignof(State) <= alignof(std::max_align_t));
  return reinterpret_cast<State*>(const_cast<char*>(state.reveal().data()));
}

void append_number(std::string& out, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift);
}

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i)
    number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

// The key of one stream. The salt makes every stream's key different.
Result<SecretKey> derive(const StreamSecret& secret, std::string_view header) {
  const std::string_view salt = header.substr(kSaltAt, kSaltBytes);
  std::string key(crypto_secretstream_xchacha20poly1305_KEYBYTES, '\0');
  const std::string_view bytes = secret.bytes.reveal();
  if (secret.lock == StreamLock::passphrase) {
    const int done =
        crypto_pwhash(bytes_of(key), key.size(), bytes.data(), bytes.size(), bytes_of(salt),
                      number_at(header, kPassesAt), size_t{number_at(header, kMemoryAt)} * 1024,
                      crypto_pwhash_ALG_ARGON2ID13);
    if (done != 0) {
      return Error{ErrorCode::unavailable,
                   "there is not enough memory to derive a key from the passphrase (" +
                       std::to_string(number_at(header, kMemoryAt) / 1024) + " MiB)"};
    }
    return SecretKey(std::move(key));
  }
  std::string inner(crypto_generichash_KEYBYTES_MAX, '\0');
  crypto_generichash(bytes_of(inner), inner.size(), bytes_of(bytes), bytes.size(), nullptr, 0);
  crypto_generichash(bytes_of(key), key.size(), bytes_of(salt), salt.size(), bytes_of(inner),
                     inner.size());
  wipe(inner);
  return SecretKey(std::move(key));
}

Error no_backup() {
  return Error{ErrorCode::invalid, "this is not an authd backup"};
}

Error cut_off() {
  return Error{ErrorCode::invalid, "the backup is truncated: its end is missing; use another one"};
}

}  // namespace

Result<StreamSecret> passphrase_secret(const Password& passphrase) {
  if (passphrase.reveal().size() < kMinPassphrase) {
    return Error{ErrorCode::invalid, "the passphrase must have at least " +
                                         std::to_string(kMinPassphrase) + " characters"};
  }
  return StreamSecret{StreamLock::passphrase, SecretKey(std::string(passphrase.reveal()))};
}

Result<StreamSecret> key_file_secret(const std::string& path) {
  SecretKey bytes(TRY(read_private_file(path, "backup key", kMaxKeyFile + 1)));
  const size_t size = bytes.reveal().size();
  if (size < kMinKeyFile || size > kMaxKeyFile) {
    return Error{ErrorCode::invalid, "the backup key " + path + " must have between " +
                                         std::to_string(kMinKeyFile) + " and " +
                                         std::to_string(kMaxKeyFile) +
                                         " bytes: make it with head -c 32 /dev/urandom"};
  }
  return StreamSecret{StreamLock::key_file, std::move(bytes)};
}

Result<StreamSealer> StreamSealer::begin(const StreamSecret& secret, Random& random, Sink sink) {
  init();
  StreamSealer sealer;
  sealer.sink_ = std::move(sink);
  std::string& header = sealer.header_;
  header = kMagic;
  header += static_cast<char>(kVersion);
  header += static_cast<char>(secret.lock);
  const bool is_slow = secret.lock == StreamLock::passphrase;
  append_number(header, is_slow ? kPasses : 0);
  append_number(header, is_slow ? kMemoryKib : 0);
  header += random.bytes(kSaltBytes);
  const SecretKey key = TRY(derive(secret, header));
  sealer.state_ = SecretKey(std::string(sizeof(State), '\0'));
  header.resize(kHeaderBytes);
  crypto_secretstream_xchacha20poly1305_init_push(
      state_in(sealer.state_), bytes_of(header) + kStreamAt, bytes_of(key.reveal()));
  sealer.buffer_.reserve(kPieceBytes);
  TRY(sealer.sink_(header));
  return sealer;
}

Result<void> StreamSealer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    // A full buffer waits for more bytes: the last piece may be full, and only finish() knows.
    if (buffer_.size() == kPieceBytes) {
      TRY(push(buffer_, false));
      buffer_.clear();
    }
    const size_t taken = std::min(kPieceBytes - buffer_.size(), bytes.size());
    buffer_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
  }
  return {};
}

Result<void> StreamSealer::finish() {
  return push(buffer_, true);
}

Result<void> StreamSealer::push(std::string_view piece, bool is_last) {
  std::string sealed(piece.size() + kExtra, '\0');
  crypto_secretstream_xchacha20poly1305_push(
      state_in(state_), bytes_of(sealed), nullptr, bytes_of(piece), piece.size(),
      bytes_of(std::string_view(header_)), header_.size(),
      is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
  return sink_(sealed);
}

// As many bytes as there are, at most `size`.
Result<std::string> StreamOpener::take(size_t size) {
  std::string bytes(size, '\0');
  size_t length = 0;
  while (length < size) {
    const size_t got = TRY(source_(bytes.data() + length, size - length));
    if (got == 0) break;
    length += got;
  }
  bytes.resize(length);
  return bytes;
}

Result<StreamLock> StreamOpener::begin() {
  init();
  header_ = TRY(take(kHeaderBytes));
  if (!header_.starts_with(kMagic)) return no_backup();
  if (header_.size() < kHeaderBytes) return cut_off();
  const auto version = static_cast<uint8_t>(header_[kVersionAt]);
  const auto lock = static_cast<uint8_t>(header_[kLockAt]);
  if (version != kVersion) {
    return Error{ErrorCode::invalid, "the backup has format " + std::to_string(version) +
                                         ", but this authd reads " + std::to_string(kVersion) +
                                         "; use the release that made it, or a newer one"};
  }
  const bool is_slow = lock == static_cast<uint8_t>(StreamLock::passphrase);
  const uint32_t passes = number_at(header_, kPassesAt);
  const uint32_t memory = number_at(header_, kMemoryAt);
  const bool is_fair =
      is_slow ? passes >= 1 && passes <= kMaxPasses && memory >= 8 && memory <= kMaxMemoryKib
              : passes == 0 && memory == 0;
  if (lock > static_cast<uint8_t>(StreamLock::key_file) || !is_fair) {
    return Error{ErrorCode::invalid, "the backup's header is damaged; use another one"};
  }
  return static_cast<StreamLock>(lock);
}

Result<void> StreamOpener::unlock(const StreamSecret& secret) {
  CHECK(header_.size() == kHeaderBytes);
  if (static_cast<uint8_t>(secret.lock) != static_cast<uint8_t>(header_[kLockAt])) {
    return Error{ErrorCode::invalid, "this backup needs another kind of secret"};
  }
  const SecretKey key = TRY(derive(secret, header_));
  state_ = SecretKey(std::string(sizeof(State), '\0'));
  const std::string_view header = header_;
  crypto_secretstream_xchacha20poly1305_init_pull(state_in(state_), bytes_of(header) + kStreamAt,
                                                  bytes_of(key.reveal()));
  return {};
}

Result<std::string> StreamOpener::next() {
  if (is_over_) return std::string();
  const std::string sealed = TRY(take(StreamSealer::kPieceBytes + kExtra));
  if (sealed.size() < kExtra) return cut_off();
  std::string piece(sealed.size() - kExtra, '\0');
  unsigned char tag = 0;
  const std::string_view header = header_;
  if (crypto_secretstream_xchacha20poly1305_pull(state_in(state_), bytes_of(piece), nullptr, &tag,
                                                 bytes_of(std::string_view(sealed)), sealed.size(),
                                                 bytes_of(header), header.size()) != 0) {
    const bool has_secret = header_[kLockAt] != static_cast<char>(StreamLock::none);
    if (pieces_ == 0 && has_secret) {
      return Error{ErrorCode::invalid,
                   "the passphrase or key is not the one that the backup was made with, or the "
                   "backup is damaged"};
    }
    return Error{ErrorCode::invalid,
                 "the backup is damaged or truncated in the 64 KiB after byte " +
                     std::to_string(kHeaderBytes + pieces_ * (StreamSealer::kPieceBytes + kExtra)) +
                     "; use another one"};
  }
  pieces_ += 1;
  if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
    is_over_ = true;
    if (!TRY(take(1)).empty()) {
      return Error{ErrorCode::invalid,
                   "there is data after the end of the backup; use another one"};
    }
  } else if (piece.size() != StreamSealer::kPieceBytes) {
    return cut_off();
  }
  return piece;
}

}  // namespace authd::crypto
