// The code that a device shows, as somebody types it (auth/oauth/protocol/user_code.h): any text is
// either no code, or one that the server could have made and that means the same however it is
// written.
#include "auth/oauth/protocol/user_code.h"

#include "target.h"

namespace authd::fuzz {
namespace {

bool could_be_made(std::string_view code) {
  return code.size() == 8 &&
         code.find_first_not_of(auth::kUserCodeLetters) == std::string_view::npos;
}

std::string small(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

void run(std::string_view input) {
  const auto code = auth::parse_user_code(input);
  if (code) {
    CHECK(input.size() <= auth::kMaxTypedCode);
    CHECK(could_be_made(*code));
    const std::string shown = auth::shown_user_code(*code);
    CHECK(auth::parse_user_code(shown) == code);
    CHECK(auth::parse_user_code(small(shown)) == code);
    CHECK(auth::parse_user_code(" " + shown + "\n") == code);
  }
  // A code with a few bytes changed is the same one, another one, or none.
  Dice dice(input);
  const auto other = auth::parse_user_code(spoiled("WDJB-MJHT", dice));
  CHECK(!other || could_be_made(*other));
}

}  // namespace authd::fuzz
