// The head of a request and the chunks of its body: the bytes mean the same, however they are split
// into pieces.
#include "http/wire/chunked.h"
#include "http/wire/head.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr size_t kMaxHeader = 8 * 1024;
constexpr size_t kMaxBody = 2 * 1024;

// Or one of our own: an absolute target without a path has "/".
bool is_inside(std::string_view part, std::string_view whole) {
  return part.empty() || part == "/" || part == "*" ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool has_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

void check_head(const http::Head& head, std::string_view input) {
  CHECK(head.bytes <= input.size() && head.bytes <= kMaxHeader + 4);
  CHECK(input.substr(0, head.bytes).ends_with("\r\n\r\n"));
  CHECK(head.target.size() <= http::kMaxTarget && head.headers.size() <= http::kMaxHeaders);
  CHECK(head.path.starts_with('/') || head.target == "*");
  CHECK(!has_control_byte(head.target) && !has_control_byte(head.host));
  CHECK(!(head.is_chunked && head.content_length > 0));
  for (const std::string_view part : {head.target, head.path, head.host})
    CHECK(is_inside(part, input));
  for (const auto& [name, value] : head.headers) {
    CHECK(!name.empty() && name.find_first_of(" \t:\r\n") == std::string_view::npos);
    CHECK(!has_control_byte(value));
  }
}

http::HeadResult read_head(std::string_view input, size_t piece) {
  size_t searched = 0;
  for (size_t size = std::min(piece, input.size());; size += std::min(piece, input.size() - size)) {
    http::HeadResult result = http::parse_head(input.substr(0, size), searched, kMaxHeader);
    if (result.parsed != http::Parsed::incomplete || size == input.size()) return result;
  }
}

struct Chunks {
  http::ChunkedDecoder::State state = http::ChunkedDecoder::State::more;
  std::string body;
  size_t used = 0;
};

// As in the front: after the head, decoded in place.
Chunks read_chunks(std::string_view input, size_t piece) {
  http::ChunkedDecoder decoder(kMaxBody);
  Chunks seen;
  std::string buffer = "head";
  const size_t begin = buffer.size();
  size_t arrived = 0;
  do {
    const std::string_view next = input.substr(arrived, piece);
    buffer += next;
    arrived += next.size();
    seen.state = decoder.feed(buffer, begin);
    CHECK(buffer.size() >= begin + decoder.size());
  } while (seen.state == http::ChunkedDecoder::State::more && arrived < input.size());
  CHECK(decoder.size() <= kMaxBody);
  CHECK(buffer.starts_with("head"));
  seen.body = buffer.substr(begin, decoder.size());
  if (seen.state == http::ChunkedDecoder::State::done) {
    const std::string_view left = std::string_view(buffer).substr(begin + decoder.size());
    CHECK(input.substr(0, arrived).ends_with(left));
    seen.used = arrived - left.size();
  }
  return seen;
}

}  // namespace

void run(std::string_view input) {
  Dice dice(input);
  const size_t piece = 1 + dice.byte();
  const std::string_view text = dice.rest();
  const http::HeadResult whole = read_head(text, text.size() + 1);
  const http::HeadResult pieces = read_head(text, piece);
  // Input beyond a limit may be refused before its end is seen, with a different status.
  CHECK((whole.parsed == http::Parsed::complete) == (pieces.parsed == http::Parsed::complete));
  std::string_view body = text;
  if (whole.parsed == http::Parsed::complete) {
    check_head(whole.head, text);
    CHECK(whole.head.bytes == pieces.head.bytes && whole.head.target == pieces.head.target &&
          whole.head.headers == pieces.head.headers);
    body.remove_prefix(whole.head.bytes);
    const std::string elsewhere(text);
    http::Head moved = whole.head;
    moved.follow(elsewhere);
    check_head(moved, elsewhere);
    CHECK(moved.target == whole.head.target && moved.host == whole.head.host &&
          moved.headers == whole.head.headers);
  }
  const Chunks at_once = read_chunks(body, body.size() + 1);
  const Chunks dribbled = read_chunks(body, piece);
  using State = http::ChunkedDecoder::State;
  CHECK((at_once.state == State::done) == (dribbled.state == State::done));
  if (at_once.state == State::done) {
    CHECK(at_once.body == dribbled.body && at_once.used == dribbled.used);
  }
}

}  // namespace authd::fuzz
