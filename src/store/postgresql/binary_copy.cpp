#include "store/postgresql/binary_copy.h"

#include <optional>

namespace authd::store {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\xff\r\n\0", 11);

void append_u32(std::string& out, size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

uint32_t u32(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4))
    number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

Error unreadable() {
  return Error{ErrorCode::unavailable, "PostgreSQL sent a copy in another form than was asked for"};
}

}  // namespace

Result<void> BinaryCopyReader::take(std::string_view piece) {
  rest_.erase(0, at_);
  at_ = 0;
  rest_ += piece;
  if (!has_head_ && !read_head()) {
    if (rest_.size() >= kSignature.size() && !rest_.starts_with(kSignature)) return unreadable();
    return {};
  }
  while (TRY(read_row())) {
  }
  return {};
}

// False: it is not complete.
bool BinaryCopyReader::read_head() {
  const size_t fixed = kSignature.size() + 8;  // with flags and the length of an extension
  if (rest_.size() < fixed || !rest_.starts_with(kSignature)) return false;
  const size_t whole = fixed + u32(std::string_view(rest_).substr(fixed - 4));
  if (rest_.size() < whole) return false;
  at_ = whole;
  return has_head_ = true;
}

// False: there is no complete one.
Result<bool> BinaryCopyReader::read_row() {
  std::string_view left = std::string_view(rest_).substr(at_);
  const size_t before = left.size();
  if (is_done_) return before == 0 ? Result<bool>(false) : Result<bool>(unreadable());
  if (left.size() < 2) return false;
  if (left.starts_with("\xff\xff")) {  // the end
    is_done_ = true;
    at_ += 2;
    return true;
  }
  if (!left.starts_with(std::string_view("\0\2", 2))) return unreadable();
  left.remove_prefix(2);
  const auto field = [&]() -> std::optional<std::string_view> {
    if (left.size() < 4) return std::nullopt;
    const size_t size = u32(left);
    if (left.size() - 4 < size) return std::nullopt;
    const std::string_view value = left.substr(4, size);
    left.remove_prefix(4 + size);
    return value;
  };
  const std::optional<std::string_view> key = field();
  if (!key) return false;
  const std::optional<std::string_view> value = field();
  if (!value) return false;
  take_(*key, *value);
  at_ += before - left.size();
  return true;
}

Result<void> BinaryCopyReader::finish() const {
  if (!is_done_) return unreadable();
  return {};
}

void append_copy_head(std::string& out) {
  out += kSignature;
  append_u32(out, 0);
  append_u32(out, 0);
}

void append_copy_row(std::string& out, std::string_view key, std::string_view value,
                     uint64_t revision) {
  out += std::string_view("\0\3", 2);
  append_u32(out, key.size());
  out += key;
  append_u32(out, value.size());
  out += value;
  append_u32(out, 8);
  append_u32(out, revision >> 32);
  append_u32(out, revision & 0xffffffff);
}

void append_copy_end(std::string& out) {
  out += "\xff\xff";
}

}  // namespace authd::store
