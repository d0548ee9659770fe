// A list of passwords that nobody may have, as a file that says of any password whether it is in
// the list. It holds no passwords: it is a filter (fuse_filter.h), which takes one other password
// in 65,536 for one of its own. password_list_writer.h makes it.
//
// On disk, integers big-endian:
//
//   offset  bytes
//        0      8  "authdpwl"
//        8      4  version, 1
//       12      4  parts, P: a power of two, at most 256
//       16      8  passwords in the list
//       24      8  bytes in the whole file
//       32     32  SHA-256 of bytes 0 to 31, and of everything from byte 64 on
//       64  16 x P  for each part: seed (8), length of a segment (4), segments (4)
//      ...         the fingerprints of each part, 2 bytes each
//
// The key of a password is the first 8 bytes of its SHA-1, so that lists of such hashes can be read
// as well; its part is given by the upper bits of mixed(key).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/lists/fuse_filter.h"

namespace authd::crypto {

inline constexpr uint32_t kMaxListParts = 256;
inline constexpr size_t kListHeadBytes = 64;

// Of the SHA-1 of a password, 20 bytes.
uint64_t list_key(std::string_view sha1);
// Of `parts`, a power of two.
size_t list_part(uint64_t key, uint32_t parts);

// Thread-safe. Does not map the file: a file that is overwritten or cut in place would end the
// process with SIGBUS. Four reads of two bytes are nothing beside a password hash.
class PasswordList {
 public:
  // Reads the head, and holds the file open. Errors: `not_found`, `unavailable`, and `invalid` when
  // it is no such file, was cut, or is of a newer release; each names the file.
  static Result<PasswordList> open(const std::string& path);
  // The same in memory that lives as long as this object.
  static Result<PasswordList> in_memory(std::string_view bytes);

  // Reads all of it. Error: `invalid` when a byte has changed; `unavailable`.
  Result<void> check() const;
  // The SHA-256 that the head should have.
  Result<std::string> sum() const;

  // Whether the password is in the list, exactly as it is. Error: `unavailable` when the file
  // cannot be read any more.
  Result<bool> contains(const Password& password) const;
  Result<bool> contains_key(uint64_t key) const;

  uint64_t passwords() const { return passwords_; }
  uint64_t bytes() const { return bytes_; }

 private:
  // Copies bytes from an offset; false when they are not there.
  using Read = std::function<bool(uint64_t offset, char* to, size_t size)>;
  struct Part {
    FuseShape shape;
    uint64_t begin = 0;  // of its fingerprints
  };

  PasswordList(std::string name, Read read, uint64_t size)
      : name_(std::move(name)), read_(std::move(read)), bytes_(size) {}
  Result<void> read_head();
  Result<void> read_parts(uint32_t count);
  Error damaged(std::string_view what) const;

  std::string name_;  // for errors
  Read read_;
  uint64_t bytes_;
  uint64_t passwords_ = 0;
  std::vector<Part> parts_;
};

}  // namespace authd::crypto
