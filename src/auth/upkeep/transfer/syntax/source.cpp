#include "auth/upkeep/transfer/syntax/source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "crypto/digest.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kPiece = 256 * 1024;
constexpr size_t kBeginning = 64 * 1024;

Error cannot_read(int error_number) {
  return Error{ErrorCode::unavailable, "cannot read the file: " + system_message(error_number)};
}

}  // namespace

// A file that begins with the mark of UTF-16, as spreadsheets write "Unicode text".
void Source::find_encoding() {
  const std::string_view start(buffer_);
  encoding_ = Encoding::utf8;
  if (start.starts_with("\xff\xfe")) encoding_ = Encoding::utf16_little;
  if (start.starts_with("\xfe\xff")) encoding_ = Encoding::utf16_big;
  if (encoding_ == Encoding::utf8) return;
  const std::string piece = std::exchange(buffer_, std::string());
  decode(std::string_view(piece).substr(2));
}

void Source::add_code_point(uint32_t point) {
  const auto add = [&](uint32_t byte) { buffer_ += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0 | point >> 6);
    add(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
    add(0x80 | (point & 0x3f));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3f));
    add(0x80 | (point >> 6 & 0x3f));
    add(0x80 | (point & 0x3f));
  }
}

// Half a pair of surrogates becomes U+FFFD.
void Source::decode(std::string_view piece) {
  constexpr uint32_t kReplacement = 0xfffd;
  half_ += piece;
  const std::string units = std::exchange(half_, std::string());
  for (size_t i = 0; i + 1 < units.size(); i += 2) {
    const auto first = static_cast<uint8_t>(units[i]);
    const auto second = static_cast<uint8_t>(units[i + 1]);
    const uint32_t unit =
        encoding_ == Encoding::utf16_little ? second << 8 | first : first << 8 | second;
    const bool is_high = unit >= 0xd800 && unit < 0xdc00;
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    const uint32_t high = std::exchange(surrogate_, 0);
    if (high != 0 && is_low) {
      add_code_point(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      continue;
    }
    if (high != 0) add_code_point(kReplacement);
    if (is_high) {
      surrogate_ = unit;
    } else {
      add_code_point(is_low ? kReplacement : unit);
    }
  }
  if (units.size() % 2 == 1) half_ = units.back();
}

bool Source::append_piece() {
  if (!fd_ || failure_) return false;
  const size_t size = buffer_.size();
  buffer_.resize(size + kPiece);
  ssize_t got = 0;
  do {
    got = read(fd_.get(), buffer_.data() + size, kPiece);
  } while (got < 0 && errno == EINTR);
  if (got < 0) failure_ = cannot_read(errno);
  buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got <= 0) return false;
  if (encoding_ == Encoding::unknown) {
    find_encoding();
  } else if (encoding_ != Encoding::utf8) {
    const std::string piece = buffer_.substr(size);
    buffer_.resize(size);
    decode(piece);
  }
  return true;
}

bool Source::refill() {
  passed_ += at_;
  at_ = 0;
  buffer_.clear();
  // A piece of UTF-16 may be half a character.
  while (buffer_.empty()) {
    if (!append_piece()) return false;
  }
  return true;
}

Source::Line Source::read_line(std::string& line, size_t limit) {
  line.clear();
  if (peek() == kEnd) return Line::end;
  bool is_too_long = false;
  while (peek() != kEnd) {
    const size_t end = buffer_.find('\n', at_);
    const size_t stop = end == std::string::npos ? buffer_.size() : end;
    is_too_long = is_too_long || line.size() + (stop - at_) > limit;
    if (!is_too_long) line.append(buffer_, at_, stop - at_);
    at_ = stop;
    if (end == std::string::npos) continue;
    get();
    break;
  }
  if (is_too_long) return Line::too_long;
  if (line.ends_with('\r')) line.pop_back();
  return Line::read;
}

std::string_view Source::beginning() {
  while (buffer_.size() < kBeginning && append_piece()) {
  }
  return std::string_view(buffer_).substr(at_, kBeginning);
}

void Source::skip_byte_order_mark() {
  if (beginning().starts_with("\xef\xbb\xbf")) at_ += 3;
}

Result<std::string> fingerprint(int fd) {
  std::string name;
  std::string piece(kPiece, '\0');
  off_t at = 0;
  while (true) {
    const ssize_t got = pread(fd, piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(errno);
    if (got == 0) return crypto::sha256(name);
    at += got;
    name.append(piece, 0, static_cast<size_t>(got));
    name = crypto::sha256(name);
  }
}

}  // namespace authd::auth::transfer
