#include "media/worker.h"

#include <unistd.h>

#include <new>
#include <string>

#include "media/avatar.h"
#include "media/sandbox.h"

namespace authd::media {
namespace {

constexpr size_t kPiece = 64 * 1024;

std::string read_all() {
  std::string file;
  while (file.size() <= kMaxFile) {
    const size_t before = file.size();
    file.resize(before + kPiece);
    const ssize_t got = read(STDIN_FILENO, file.data() + before, kPiece);
    file.resize(before + static_cast<size_t>(got > 0 ? got : 0));
    if (got <= 0) break;
  }
  return file;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

}  // namespace

int run_worker() {
  AvatarOutcome outcome;
  try {
    if (enter_cage({})) {
      outcome = make_avatar(read_all());
    } else {
      outcome.verdict = Verdict::no_sandbox;
    }
  } catch (const std::bad_alloc&) {
    outcome = {Verdict::no_memory, ""};
  }
  std::string answer(1, static_cast<char>(outcome.verdict));
  for (int shift = 24; shift >= 0; shift -= 8)
    answer += static_cast<char>(outcome.jpeg.size() >> shift & 0xff);
  answer += outcome.jpeg;
  // Not exit(): its clean-up may need system calls that are no longer allowed.
  _exit(write_all(answer) ? 0 : 1);
}

}  // namespace authd::media
