#include "http/chunked.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace authd::http {
namespace {

// The longest size line or trailer line, and all of them together: a body in chunks of one byte is
// allowed, a flood of extensions is not.
constexpr size_t kMaxLine = 256;
constexpr size_t kOverheadPerBody = 16;
constexpr size_t kFreeOverhead = 8 * 1024;

// Nothing in a line may be taken for the end of a line by somebody else.
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
  // An extension may follow, and nothing else, not even a space (RFC 9112 section 7.1.1, BWS is not
  // to be sent).
  if (failure != std::errc() || at != digits.data() + digits.size()) return State::malformed;
  if (size > max_body_ - body_.size()) return State::too_large;
  left_ = size;
  step_ = size == 0 ? Step::trailer : Step::data;
  return State::more;
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string_view input, size_t& used) {
  while (true) {
    const std::string_view rest = input.substr(used);
    if (step_ == Step::data) {
      const size_t taken = std::min(left_, rest.size());
      body_ += rest.substr(0, taken);
      used += taken;
      left_ -= taken;
      if (left_ > 0) return State::more;
      step_ = Step::data_end;
      continue;
    }
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) {
      return rest.size() > kMaxLine ? State::malformed : State::more;
    }
    if (newline == 0 || rest[newline - 1] != '\r' || newline > kMaxLine) return State::malformed;
    const std::string_view line = rest.substr(0, newline - 1);
    if (!is_visible(line)) return State::malformed;
    used += newline + 1;
    overhead_ += newline + 1;
    if (overhead_ > kFreeOverhead + kOverheadPerBody * body_.size()) return State::malformed;
    if (step_ == Step::data_end) {
      if (!line.empty()) return State::malformed;
      step_ = Step::size_line;
    } else if (step_ == Step::trailer) {
      if (line.empty()) return State::done;
    } else if (const State state = take_size_line(line); state != State::more) {
      return state;
    }
  }
}

}  // namespace authd::http
