// Runs when authd is built: make_common_passwords OUTPUT JSON TEXT FIRST-LAST... makes the embedded
// list of the commonest passwords (auth/passwords/common_passwords.h) of a JSON array of texts and
// of those lines of a text, counted from 1.
#include <algorithm>
#include <cstdio>
#include <span>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/lists/password_list_writer.h"

namespace authd {
namespace {

constexpr size_t kMaxInput = 8 << 20;

// The look-up folds a password, so the list has each in lower case.
Result<void> add(crypto::KeySpool& keys, std::string_view password) {
  if (const auto key = TRY(crypto::key_of_line(lower(password)))) TRY(keys.add(*key));
  return {};
}

Result<void> add_array(crypto::KeySpool& keys, const std::string& file) {
  const std::string array = TRY(read_file(file, kMaxInput));
  const JsonObject object =
      TRY(JsonObject::parse("{\"all\":" + array + "}", {.max_bytes = kMaxInput}));
  const auto passwords = TRY(object.optional_strings("all"));
  for (const std::string& password : passwords.value_or(std::vector<std::string>()))
    TRY(add(keys, password));
  return {};
}

struct Range {
  uint64_t first = 0;
  uint64_t last = 0;
};

Result<Range> range_of(std::string_view text) {
  const size_t dash = std::min(text.find('-'), text.size());
  const auto first = parse_unsigned(text.substr(0, dash));
  const auto last = parse_unsigned(text.substr(std::min(dash + 1, text.size())));
  if (first && last && *first > 0 && *first <= *last) return Range{*first, *last};
  return Error{ErrorCode::usage, std::string(text) + " is not FIRST-LAST"};
}

Result<void> add_lines(crypto::KeySpool& keys, const std::string& file,
                       std::span<const Range> ranges) {
  const std::string text = TRY(read_file(file, kMaxInput));
  std::string_view rest = text;
  uint64_t number = 0;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    number += 1;
    const bool is_wanted = std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
      return range.first <= number && number <= range.last;
    });
    if (is_wanted) TRY(add(keys, rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const Range& range : ranges) {
    if (range.last <= number) continue;
    return Error{ErrorCode::invalid, file + " has only " + std::to_string(number) + " lines"};
  }
  return {};
}

Result<void> make(std::span<char*> arguments) {
  if (arguments.size() < 4) {
    return Error{ErrorCode::usage, "it takes OUTPUT JSON TEXT FIRST-LAST..."};
  }
  const std::string output = arguments[0];
  std::vector<Range> ranges;
  for (const char* text : arguments.subspan(3))
    ranges.push_back(TRY(range_of(text)));
  crypto::KeySpool keys(parent_of(output));
  TRY(add_array(keys, arguments[1]));
  TRY(add_lines(keys, arguments[2], ranges));
  TRY(crypto::write_password_list(output, keys, [](size_t, size_t) {}));
  return {};
}

}  // namespace
}  // namespace authd

int main(int argc, char** argv) {
  const std::span<char*> all(argv, static_cast<size_t>(argc));
  const authd::Result<void> made = authd::make(all.subspan(1));
  if (!made) std::fprintf(stderr, "make_common_passwords: %s\n", made.error().message.c_str());
  return made ? 0 : 1;
}
