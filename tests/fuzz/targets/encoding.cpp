// Text forms of bytes: decoded bytes have exactly one text, and encoded bytes decode to themselves.
#include "base/encoding.h"

#include "target.h"

namespace authd::fuzz {
namespace {

using Encode = std::string (*)(std::string_view);
using Decode = std::optional<std::string> (*)(std::string_view);

void round_trip(std::string_view input, Encode encode, Decode decode) {
  const auto back = decode(encode(input));
  CHECK(back && *back == input);
}

// A text that is accepted is the one that would be written.
void one_text(std::string_view input, Encode encode, Decode decode) {
  round_trip(input, encode, decode);
  const auto bytes = decode(input);
  CHECK(!bytes || encode(*bytes) == input);
}

void characters(std::string_view input) {
  size_t count = 0;
  bool has_one = false;
  std::string_view rest = input;
  for (; !rest.empty(); ++count) {
    const std::string_view character = first_character(rest);
    if (character.empty()) break;
    has_one |= is_control(character);
    rest.remove_prefix(character.size());
  }
  CHECK(rest.empty() == is_valid_utf8(input));
  if (!rest.empty()) return;
  CHECK(count_code_points(input) == count);
  CHECK(has_control(input) == has_one);
}

}  // namespace

void run(std::string_view input) {
  one_text(input, &base64_encode, &base64_decode);
  one_text(input, &base64url_encode, &base64url_decode);
  round_trip(input, &base32_encode, &base32_decode);
  round_trip(input, &hex_encode, &hex_decode);
  round_trip(input, &percent_encode, &percent_decode);
  // These have several texts: with or without padding, in upper or lower case, escaped or not.
  if (const auto bytes = base32_decode(input)) {
    CHECK(base32_encode(*bytes) == input.substr(0, input.find('=')));
  }
  if (const auto bytes = hex_decode(input)) CHECK(bytes->size() * 2 == input.size());
  if (const auto bytes = percent_decode(input)) CHECK(bytes->size() <= input.size());
  characters(input);
  const std::string_view half = input.substr(0, input.size() / 2);
  CHECK(equal_constant_time(half, input.substr(half.size())) ==
        (half == input.substr(half.size())));
}

}  // namespace authd::fuzz
