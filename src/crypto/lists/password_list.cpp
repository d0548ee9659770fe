#include "crypto/lists/password_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "crypto/digest_stream.h"
#include "crypto/lists/password_list_form.h"

namespace authd::crypto {
namespace {

constexpr size_t kPieceBytes = 256 * 1024;

// pread() until all is there.
bool read_at(int fd, uint64_t offset, char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = pread(fd, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

}  // namespace

uint64_t list_key(std::string_view sha1) {
  return big_endian_at(sha1, 0, 8);
}

size_t list_part(uint64_t key, uint32_t parts) {
  return parts <= 1 ? 0 : mixed(key) >> (64 - std::countr_zero(parts));
}

Error PasswordList::damaged(std::string_view what) const {
  return Error{ErrorCode::invalid,
               name_ + " " + std::string(what) + ": make it again with authd password-list build"};
}

Result<PasswordList> PasswordList::open(const std::string& path) {
  const auto fd = std::make_shared<UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!*fd) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
    return Error{code, path + ": " + system_message(errno)};
  }
  struct stat found {};
  if (fstat(fd->get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return Error{ErrorCode::unavailable, path + " is not a file"};
  }
  PasswordList list(
      path,
      [fd](uint64_t offset, char* to, size_t size) { return read_at(fd->get(), offset, to, size); },
      static_cast<uint64_t>(found.st_size));
  TRY(list.read_head());
  return list;
}

Result<PasswordList> PasswordList::in_memory(std::string_view bytes) {
  const auto read = [bytes](uint64_t offset, char* to, size_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return false;
    bytes.copy(to, size, offset);
    return true;
  };
  PasswordList list("the list of passwords", read, bytes.size());
  TRY(list.read_head());
  return list;
}

Result<void> PasswordList::read_head() {
  std::string head(kListHeadBytes, '\0');
  if (!read_(0, head.data(), head.size()) || !head.starts_with(kListMagic)) {
    return damaged("is not a list of passwords");
  }
  if (big_endian_at(head, 8, 4) != kListVersion) {
    return damaged("is a list of passwords of another release");
  }
  const uint64_t parts = big_endian_at(head, 12, 4);
  passwords_ = big_endian_at(head, 16, 8);
  if (parts > kMaxListParts || !std::has_single_bit(parts)) return damaged("is damaged");
  if (big_endian_at(head, 24, 8) != bytes_) return damaged("is cut off or damaged");
  return read_parts(static_cast<uint32_t>(parts));
}

Result<void> PasswordList::read_parts(uint32_t count) {
  std::string table(count * kListPartBytes, '\0');
  if (!read_(kListHeadBytes, table.data(), table.size())) return damaged("is cut off");
  uint64_t end = kListHeadBytes + table.size();
  for (size_t at = 0; at < table.size(); at += kListPartBytes) {
    Part part;
    part.shape.seed = big_endian_at(table, at, 8);
    part.shape.segment_length = static_cast<uint32_t>(big_endian_at(table, at + 8, 4));
    part.shape.segments = static_cast<uint32_t>(big_endian_at(table, at + 12, 4));
    part.begin = end;
    if (!part.shape.is_sound()) return damaged("is damaged");
    end += part.shape.places() * sizeof(Fingerprint);  // no overflow: 256 times less than 2^34
    parts_.push_back(part);
  }
  if (end != bytes_) return damaged("is damaged");
  return {};
}

Result<std::string> PasswordList::sum() const {
  DigestStream digest(DigestStream::Algorithm::sha256);
  std::string piece(kPieceBytes, '\0');
  bool is_whole = read_(0, piece.data(), kListSumAt);
  digest.add(std::string_view(piece).substr(0, kListSumAt));
  for (uint64_t at = kListHeadBytes; is_whole && at < bytes_; at += piece.size()) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(piece.size(), bytes_ - at));
    is_whole = read_(at, piece.data(), size);
    digest.add(std::string_view(piece).substr(0, size));
  }
  if (!is_whole) return Error{ErrorCode::unavailable, name_ + " cannot be read to its end"};
  return digest.finish();
}

Result<void> PasswordList::check() const {
  const std::string wanted = TRY(sum());
  std::string found(wanted.size(), '\0');
  if (read_(kListSumAt, found.data(), found.size()) && found == wanted) return {};
  return damaged("is damaged");
}

Result<bool> PasswordList::contains(const Password& password) const {
  std::string sum = sha1(password.reveal());
  const uint64_t key = list_key(sum);
  wipe(sum);
  return contains_key(key);
}

Result<bool> PasswordList::contains_key(uint64_t key) const {
  const Part& part = parts_[list_part(key, static_cast<uint32_t>(parts_.size()))];
  if (part.shape.segments == 0) return false;
  const FuseQuery query = find(part.shape, key);
  Fingerprint left = query.fingerprint;
  for (const uint64_t place : query.places) {
    std::array<char, sizeof(Fingerprint)> bytes{};
    if (!read_(part.begin + place * bytes.size(), bytes.data(), bytes.size())) {
      return Error{ErrorCode::unavailable, name_ + " cannot be read"};
    }
    left ^= static_cast<Fingerprint>(big_endian_at({bytes.data(), bytes.size()}, 0, bytes.size()));
  }
  return left == 0;
}

}  // namespace authd::crypto
