// Makes the file of a list of passwords (password_list.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/function_ref.h"
#include "base/result.h"

namespace authd::crypto {

// The key of a line of a list: a password, which is taken in the form that is hashed
// (base/normal_form.h), or the SHA-1 of one, as Pwned Passwords writes it ("40 hex digits:count").
// nullopt for a line that stands for none: an empty one, and a count of 0, which is padding. Error:
// `invalid` for a line of other lists of hashes, of which no list can be made.
Result<std::optional<uint64_t>> key_of_line(std::string_view line);

// Keys, in any order and any number, by the upper 8 bits of mixed(key). What does not fit into its
// 16 MiB of memory goes to a file without a name in `directory`, 8 bytes for a key.
class KeySpool {
 public:
  static constexpr size_t kBuckets = 256;

  explicit KeySpool(std::string directory) : directory_(std::move(directory)) {}

  // Errors: `unavailable`, such as a full disk.
  Result<void> add(uint64_t key);
  uint64_t size() const { return size_; }
  // The keys of some buckets, sorted and each once.
  Result<std::vector<uint64_t>> take(size_t first_bucket, size_t count);

 private:
  static constexpr size_t kChunkKeys = 8192;

  Result<void> spill(size_t bucket);

  std::string directory_;
  UniqueFd file_;
  uint64_t chunks_ = 0;  // in the file
  uint64_t size_ = 0;
  std::array<std::vector<uint64_t>, kBuckets> fresh_;    // fewer than kChunkKeys each
  std::array<std::vector<uint64_t>, kBuckets> spilled_;  // numbers of their chunks
};

struct MadeList {
  uint64_t passwords = 0;
  uint64_t bytes = 0;
};

// Writes the list of these keys to `path`: under another name first, so that a reader sees the old
// or the new list, even after a crash; a process that is killed may leave `path`.authd-… behind.
// The same keys give the same bytes. Works on a part at a time, about a million keys up to 268
// million in all, so it needs about 60 MiB; beyond that, about 50 bytes for each key of 256.
// `progress` hears how many parts are done, of how many. Errors: `invalid` for no keys;
// `unavailable`.
Result<MadeList> write_password_list(const std::string& path, KeySpool& keys,
                                     FunctionRef<void(size_t done, size_t all)> progress);

}  // namespace authd::crypto
