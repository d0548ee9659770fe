// A file for `authd apply`: it is either declarations or one error that names the place. What is
// declared can be told to people, and no text of the file moves their cursor.
#include "auth/upkeep/state/declarations.h"
#include "target.h"

namespace authd::fuzz {

void run(std::string_view input) {
  using namespace auth::state;
  const auto entries = parse_state(input, "f");
  if (!entries) {
    CHECK(!entries.error().message.empty());
    return;
  }
  const auto declared = declarations_of(*entries, [](const std::string&) { return std::string(); });
  if (!declared) {
    CHECK(declared.error().code == ErrorCode::invalid);
    CHECK(declared.error().message.find('\x1b') == std::string::npos);
    return;
  }
  for (const auto& user : declared->users)
    CHECK(!user.source.place.empty());
}

}  // namespace authd::fuzz
