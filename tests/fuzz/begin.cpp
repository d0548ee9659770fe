#include <csignal>

#include "media/worker.h"
#include "target.h"

namespace authd::fuzz {

// A target that acts as a different worker has its own.
[[gnu::weak]] int run_as_worker() {
  return media::run_worker();
}

std::optional<int> begin(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == media::kWorkerArgument) return run_as_worker();
  std::signal(SIGPIPE, SIG_IGN);  // as the server
  return std::nullopt;
}

}  // namespace authd::fuzz
