// Runs when authd is built: make_common_passwords INPUT.json OUTPUT makes the embedded list of the
// commonest passwords (auth/passwords/common_passwords.h) of a JSON array of texts.
#include <cstdio>

#include "base/file.h"
#include "base/json.h"
#include "crypto/lists/password_list_writer.h"

namespace authd {
namespace {

constexpr size_t kMaxInput = 8 << 20;

Result<void> make(const std::string& input, const std::string& output) {
  const std::string array = TRY(read_file(input, kMaxInput));
  const JsonObject object =
      TRY(JsonObject::parse("{\"all\":" + array + "}", {.max_bytes = kMaxInput}));
  const auto passwords = TRY(object.optional_strings("all"));
  crypto::KeySpool keys(parent_of(output));
  for (const std::string& password : passwords.value_or(std::vector<std::string>())) {
    if (const auto key = TRY(crypto::key_of_line(password))) TRY(keys.add(*key));
  }
  TRY(crypto::write_password_list(output, keys, [](size_t, size_t) {}));
  return {};
}

}  // namespace
}  // namespace authd

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const authd::Result<void> made = authd::make(argv[1], argv[2]);
  if (!made) std::fprintf(stderr, "make_common_passwords: %s\n", made.error().message.c_str());
  return made ? 0 : 1;
}
