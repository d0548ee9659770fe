// Reads the file to import in pieces and counts its lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace authd::auth::transfer {

// Maximum size of a record in bytes; a longer one is skipped and reported.
inline constexpr size_t kMaxRecord = 1 << 20;

class Source {
 public:
  static constexpr int kEnd = -1;

  explicit Source(UniqueFd fd) : fd_(std::move(fd)) {}
  // For tests.
  explicit Source(std::string text) : buffer_(std::move(text)) { find_encoding(); }

  // The next byte, or kEnd; peek() does not consume it.
  int peek() {
    if (at_ == buffer_.size() && !refill()) return kEnd;
    return static_cast<uint8_t>(buffer_[at_]);
  }
  int get() {
    const int c = peek();
    if (c == kEnd) return kEnd;
    ++at_;
    if (c == '\n') ++line_;
    return c;
  }

  // A line without its end ("\n" or "\r\n"). One longer than `limit` is skipped.
  enum class Line { read, too_long, end };
  Line read_line(std::string& line, size_t limit);

  // The beginning, up to 64 KiB, without consuming it. Call only before anything is consumed.
  std::string_view beginning();
  // Skips a UTF-8 byte order mark at the beginning. (A file with one of UTF-16 is read as UTF-8.)
  void skip_byte_order_mark();

  uint64_t line() const { return line_; }              // of the next byte; 1 for the first
  uint64_t position() const { return passed_ + at_; }  // bytes consumed
  const std::optional<Error>& failure() const { return failure_; }  // the file cannot be read

 private:
  bool refill();  // false at the end
  bool append_piece();
  void find_encoding();
  void decode(std::string_view piece);  // from UTF-16, onto the buffer
  void add_code_point(uint32_t point);

  enum class Encoding { unknown, utf8, utf16_little, utf16_big };

  UniqueFd fd_;
  Encoding encoding_ = Encoding::unknown;
  std::string half_;        // the first bytes of a unit of which the rest is not there yet
  uint32_t surrogate_ = 0;  // the first half of a pair
  std::string buffer_;
  size_t at_ = 0;
  uint64_t passed_ = 0;  // bytes consumed before the current buffer
  uint64_t line_ = 1;
  std::optional<Error> failure_;
};

// Identifies the file's contents: SHA-256 over its pieces. Errors: `unavailable`.
Result<std::string> fingerprint(int fd);

}  // namespace authd::auth::transfer
