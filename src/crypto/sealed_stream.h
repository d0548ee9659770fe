// A long stream of bytes, sealed in pieces: the form of a backup. Opening it yields only bytes that
// were written, in their order, and shows at the end that nothing is missing. A flipped bit, a
// moved piece and a truncated file are all detected, at the piece where they occur.
//
// On disk: magic (8), version (1), lock (1), Argon2id passes (4) and KiB (4), salt (16), the header
// of libsodium's secretstream (24); then pieces of XChaCha20-Poly1305 (crypto_secretstream), each
// of kPieceBytes and 17 more, the last one shorter and tagged as the last. All of the header is
// authenticated with each piece. Integers are big-endian.
//
// Without a secret (StreamLock::none) the key is derived from the salt alone: anybody can open such
// a stream, but damage is detected just the same.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace authd::crypto {

// What opens a stream. The numbers are written to files.
enum class StreamLock : uint8_t {
  none = 0,
  passphrase = 1,  // through Argon2id
  key_file = 2,    // any file of at least 32 random bytes
};

struct StreamSecret {
  StreamLock lock = StreamLock::none;
  SecretKey bytes;  // the passphrase, or what is in the file
};

// The least number of bytes in a passphrase: someone with the file can guess without limit.
inline constexpr size_t kMinPassphrase = 12;

// Error: `invalid` when it is too short.
Result<StreamSecret> passphrase_secret(const Password& passphrase);
// Errors: those of read_private_file; `invalid` when it is too short or too long for a key.
Result<StreamSecret> key_file_secret(const std::string& path);

class StreamSealer {
 public:
  static constexpr size_t kPieceBytes = 64 * 1024;
  using Sink = std::function<Result<void>(std::string_view)>;

  // Writes the header. Error: `unavailable` when there is not enough memory for Argon2id, and those
  // of the sink, here and below.
  static Result<StreamSealer> begin(const StreamSecret& secret, Random& random, Sink sink);

  Result<void> write(std::string_view bytes);
  // Writes the last piece. A stream that was not finished does not open to its end.
  Result<void> finish();

 private:
  StreamSealer() = default;
  Result<void> push(std::string_view piece, bool is_last);

  Sink sink_;
  std::string header_;
  SecretKey state_;  // of the secretstream
  std::string buffer_;
};

class StreamOpener {
 public:
  // Reads up to `size` bytes to `data`; 0 only at the end.
  using Source = std::function<Result<size_t>(char* data, size_t size)>;

  explicit StreamOpener(Source source) : source_(std::move(source)) {}

  // First: reads the header and says what opens the stream. Error: `invalid` when it is not such a
  // stream, or is from a newer release.
  Result<StreamLock> begin();
  // Second. Errors: `invalid` when the secret is of another kind; `unavailable` without memory.
  Result<void> unlock(const StreamSecret& secret);
  // Then: the next piece; empty after the last one. Error: `invalid` when the secret is the wrong
  // one, or the stream is damaged, truncated or followed by other bytes.
  Result<std::string> next();

 private:
  Result<std::string> take(size_t size);

  Source source_;
  std::string header_;
  SecretKey state_;
  uint64_t pieces_ = 0;
  bool is_over_ = false;
};

}  // namespace authd::crypto
