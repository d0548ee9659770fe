// The answer of the process that decodes images, if an attacker controls it: this program acts as
// that process, and answers with exactly the bytes that it was given.
#include <unistd.h>

#include "base/log.h"
#include "media/avatar.h"
#include "media/converter.h"
#include "target.h"

namespace authd::fuzz {

int run_as_worker() {
  char piece[4096];
  ssize_t got = 0;
  while ((got = read(STDIN_FILENO, piece, sizeof piece)) > 0) {
    if (write(STDOUT_FILENO, piece, static_cast<size_t>(got)) != got) return 1;
  }
  return 0;
}

void run(std::string_view input) {
  static const SystemClock clock;
  static media::Converter converter(null_log(), clock);
  const auto jpeg = converter.to_avatar(input);
  if (!jpeg) {
    CHECK(jpeg.error().code == ErrorCode::invalid || jpeg.error().code == ErrorCode::unavailable);
    return;
  }
  // "ok", a length, and that many bytes.
  constexpr size_t kHead = 5;
  CHECK(input.size() >= kHead && input[0] == static_cast<char>(media::Verdict::ok));
  CHECK(*jpeg == input.substr(kHead, jpeg->size()) && jpeg->size() <= media::kMaxAvatar);
}

}  // namespace authd::fuzz
