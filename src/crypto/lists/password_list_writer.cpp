#include "crypto/lists/password_list_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/encoding.h"
#include "base/normal_form.h"
#include "crypto/digest_stream.h"
#include "crypto/lists/fuse_filter.h"
#include "crypto/lists/password_list.h"
#include "crypto/lists/password_list_form.h"
#include "crypto/private_file.h"

namespace authd::crypto {
namespace {

constexpr uint64_t kPartKeys = 1 << 20;
constexpr size_t kMode = 0644;  // It is no secret.

bool has_only(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

Error foreign_hash(const char* what) {
  return Error{ErrorCode::invalid, std::string("is ") + what +
                                       "; a list is made from passwords, or from whole SHA-1 "
                                       "hashes (40 hexadecimal digits, a colon, a count)"};
}

Error failed(const std::string& path) {
  return Error{ErrorCode::unavailable, path + ": " + system_message(errno)};
}

Result<void> write_at(int fd, uint64_t offset, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return failed(path);
    offset += static_cast<uint64_t>(put);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

// A file in the directory that ends with its descriptor.
Result<UniqueFd> nameless_file(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  std::string path = directory + "/" + std::string(kUnfinished.substr(1)) + "XXXXXX";
  file.reset(mkostemp(path.data(), O_CLOEXEC));
  if (!file) return failed(directory);
  unlink(path.c_str());
  return file;
}

// A file beside `path` that takes its name when it is complete.
class Unfinished {
 public:
  explicit Unfinished(const std::string& path)
      : path_(path), temporary_(path + std::string(kUnfinished) + "XXXXXX") {}
  ~Unfinished() {
    if (fd_) unlink(temporary_.c_str());
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  Result<void> open() {
    fd_.reset(mkostemp(temporary_.data(), O_CLOEXEC));
    return fd_ ? Result<void>() : failed(path_);
  }
  Result<void> append(std::string_view bytes) {
    TRY(write_at(fd_.get(), size_, bytes, path_));
    size_ += bytes.size();
    return {};
  }
  Result<void> put(uint64_t offset, std::string_view bytes) {
    return write_at(fd_.get(), offset, bytes, path_);
  }
  Result<void> finish() {
    if (fchmod(fd_.get(), kMode) != 0 || fsync(fd_.get()) != 0) return failed(path_);
    if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed(path_);
    fd_.reset();
    return sync_directory(parent_of(path_));
  }

  const std::string& temporary() const { return temporary_; }
  uint64_t size() const { return size_; }

 private:
  std::string path_;
  std::string temporary_;
  UniqueFd fd_;
  uint64_t size_ = 0;
};

std::string bytes_of(const FuseShape& shape) {
  std::string bytes;
  append_big_endian(bytes, shape.seed, 8);
  append_big_endian(bytes, shape.segment_length, 4);
  append_big_endian(bytes, shape.segments, 4);
  return bytes;
}

std::string bytes_of(std::span<const Fingerprint> fingerprints) {
  std::string bytes;
  bytes.reserve(fingerprints.size() * sizeof(Fingerprint));
  for (const Fingerprint one : fingerprints)
    append_big_endian(bytes, one, sizeof one);
  return bytes;
}

std::string head_of(uint32_t parts, const MadeList& made) {
  std::string head(kListMagic);
  append_big_endian(head, kListVersion, 4);
  append_big_endian(head, parts, 4);
  append_big_endian(head, made.passwords, 8);
  append_big_endian(head, made.bytes, 8);
  return head;
}

uint32_t parts_for(uint64_t keys) {
  uint32_t parts = 1;
  while (parts < kMaxListParts && keys / parts > kPartKeys)
    parts *= 2;
  return parts;
}

}  // namespace

Result<std::optional<uint64_t>> key_of_line(std::string_view line) {
  using Key = std::optional<uint64_t>;
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  constexpr size_t kNtlm = 32;   // digits
  constexpr size_t kRange = 35;  // of a reply of the range API, which lacks the first five
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return Key();
  const size_t colon = line.rfind(':');
  const std::string_view digits = line.substr(0, colon);
  if (colon != std::string_view::npos && has_only(line.substr(colon + 1), "0123456789") &&
      has_only(digits, kHex)) {
    if (digits.size() == kNtlm) return foreign_hash("a hash of another kind (NTLM or MD5)");
    if (digits.size() == kRange) return foreign_hash("the rest of a hash, from a range of them");
    if (digits.size() == 2 * kSha1Bytes) {
      if (has_only(line.substr(colon + 1), "0")) return Key();
      return Key(list_key(*hex_decode(digits)));
    }
  }
  if (!is_valid_utf8(line)) return Key(list_key(sha1(line)));
  return Key(list_key(sha1(normal_form(line))));
}

Result<void> KeySpool::add(uint64_t key) {
  const size_t bucket = list_part(key, kBuckets);
  fresh_[bucket].push_back(key);
  size_ += 1;
  return fresh_[bucket].size() < kChunkKeys ? Result<void>() : spill(bucket);
}

Result<void> KeySpool::spill(size_t bucket) {
  if (!file_) file_ = TRY(nameless_file(directory_));
  std::vector<uint64_t>& keys = fresh_[bucket];
  constexpr size_t kBytes = kChunkKeys * sizeof(uint64_t);
  TRY(write_at(file_.get(), chunks_ * kBytes, {reinterpret_cast<const char*>(keys.data()), kBytes},
               directory_));
  spilled_[bucket].push_back(chunks_++);
  keys.clear();
  return {};
}

Result<std::vector<uint64_t>> KeySpool::take(size_t first_bucket, size_t count) {
  std::vector<uint64_t> keys;
  for (size_t bucket = first_bucket; bucket < first_bucket + count; ++bucket) {
    for (const uint64_t chunk : spilled_[bucket]) {
      const size_t begin = keys.size();
      keys.resize(begin + kChunkKeys);
      constexpr size_t kBytes = kChunkKeys * sizeof(uint64_t);
      const auto got =
          pread(file_.get(), keys.data() + begin, kBytes, static_cast<off_t>(chunk * kBytes));
      if (got != static_cast<ssize_t>(kBytes)) return failed(directory_);
    }
    keys.insert(keys.end(), fresh_[bucket].begin(), fresh_[bucket].end());
    std::vector<uint64_t>().swap(fresh_[bucket]);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Result<MadeList> write_password_list(const std::string& path, KeySpool& keys,
                                     FunctionRef<void(size_t done, size_t all)> progress) {
  if (keys.size() == 0) {
    return Error{ErrorCode::invalid, "there is no password to make a list from"};
  }
  const uint32_t parts = parts_for(keys.size());
  const size_t buckets = KeySpool::kBuckets / parts;
  MadeList made;
  Unfinished file(path);
  TRY(file.open());
  TRY(file.append(std::string(kListHeadBytes + parts * kListPartBytes, '\0')));
  std::string table;
  for (uint32_t part = 0; part < parts; ++part) {
    const std::vector<uint64_t> mine = TRY(keys.take(part * buckets, buckets));
    const std::optional<FuseFilter> filter = build_fuse_filter(mine);
    if (!filter) return Error{ErrorCode::unavailable, "no filter can be made from this list"};
    table += bytes_of(filter->shape);
    TRY(file.append(bytes_of(filter->fingerprints)));
    made.passwords += mine.size();
    progress(part + 1, parts);
  }
  made.bytes = file.size();
  TRY(file.put(0, head_of(parts, made)));
  TRY(file.put(kListHeadBytes, table));
  const std::string sum = TRY(TRY(PasswordList::open(file.temporary())).sum());
  TRY(file.put(kListSumAt, sum));
  TRY(file.finish());
  return made;
}

}  // namespace authd::crypto
