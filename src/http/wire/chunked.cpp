#include "http/wire/chunked.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "base/wipe.h"

namespace authd::http {
namespace {

// Limits for one size or trailer line, and for all of them together: a body in chunks of one byte
// is allowed, a flood of extensions is not.
constexpr size_t kMaxLine = 256;
constexpr size_t kOverheadPerBody = 16;
constexpr size_t kFreeOverhead = 8 * 1024;

// Nothing in a line may look like the end of a line to another parser.
bool is_visible(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    return c == '\t' || (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f);
  });
}

}  // namespace

ChunkedDecoder::State ChunkedDecoder::take_size_line(std::string_view line) {
  const std::string_view digits = line.substr(0, std::min(line.find(';'), line.size()));
  uint64_t size = 0;
  const auto [at, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  // Only an extension may follow, not even a space (RFC 9112 section 7.1.1: BWS must not be sent).
  if (failure != std::errc() || at != digits.data() + digits.size()) return State::malformed;
  if (size > max_body_ - size_) return State::too_large;
  left_ = size;
  step_ = size == 0 ? Step::trailer : Step::data;
  return State::more;
}

// One line of the coding without its end. State::done after the last one.
ChunkedDecoder::State ChunkedDecoder::take_line(std::string_view line) {
  if (!is_visible(line)) return State::malformed;
  if (overhead_ > kFreeOverhead + kOverheadPerBody * size_) return State::malformed;
  switch (step_) {
    case Step::size_line: return take_size_line(line);
    case Step::data_end:
      step_ = Step::size_line;
      return line.empty() ? State::more : State::malformed;
    case Step::trailer: return line.empty() ? State::done : State::more;
    case Step::data: break;
  }
  UNREACHABLE();
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string& buffer, size_t begin) {
  size_t read = begin + size_;
  State state = State::more;
  while (state == State::more) {
    const std::string_view rest = std::string_view(buffer).substr(read);
    if (step_ == Step::data) {
      const size_t taken = std::min(left_, rest.size());
      std::memmove(buffer.data() + begin + size_, rest.data(), taken);
      size_ += taken;
      read += taken;
      left_ -= taken;
      if (left_ > 0) break;
      step_ = Step::data_end;
      continue;
    }
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) {
      if (rest.size() > kMaxLine) state = State::malformed;
      break;
    }
    if (newline == 0 || rest[newline - 1] != '\r' || newline > kMaxLine) return State::malformed;
    read += newline + 1;
    overhead_ += newline + 1;
    state = take_line(rest.substr(0, newline - 1));
  }
  // Data that moved to the front leaves no copy behind: it may be a password.
  const size_t gap = read - begin - size_;
  const size_t end = buffer.size() - gap;
  std::memmove(buffer.data() + begin + size_, buffer.data() + read, buffer.size() - read);
  wipe(buffer.data() + end, gap);
  buffer.resize(end);
  return state;
}

}  // namespace authd::http
