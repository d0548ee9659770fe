// Lists of passwords: the input as a file, and a damaged genuine file. Whatever opens answers for
// any key, and only the genuine one passes its check.
#include <unistd.h>

#include <cstdio>

#include "base/file.h"
#include "crypto/lists/password_list.h"
#include "crypto/lists/password_list_writer.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr uint64_t kKeys = 200;

std::string made_list() {
  std::string path = "/tmp/authd-fuzz-list-" + std::to_string(getpid());
  crypto::KeySpool keys("/tmp");
  for (uint64_t i = 0; i < kKeys; ++i)
    CHECK(keys.add(crypto::mixed(i)));
  CHECK(crypto::write_password_list(path, keys, [](size_t, size_t) {}));
  const auto file = read_file(path, 1 << 20);
  std::remove(path.c_str());
  CHECK(file);
  return *file;
}

// Whether all of it is intact.
bool use(std::string_view file) {
  const auto list = crypto::PasswordList::in_memory(file);
  if (!list) return false;
  for (uint64_t i = 0; i < kKeys; ++i)
    CHECK(list->contains_key(crypto::mixed(i)));
  return list->check().has_value();
}

}  // namespace

void run(std::string_view input) {
  static const std::string genuine = made_list();
  use(input);
  Dice dice(input);
  const std::string changed = spoiled(genuine, dice);
  CHECK(use(changed) == (changed == genuine));
  // A line of a list is a key, none, or refused.
  (void)crypto::key_of_line(input);
}

}  // namespace authd::fuzz
