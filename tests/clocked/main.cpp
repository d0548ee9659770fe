// authd serve with a wall clock that jumps and stops at any moment, controlled by the file
// $CLOCK_FILE. It holds two numbers (8 bytes each, little-endian): how many milliseconds the clock
// is ahead of the machine's, and where it stands still (milliseconds since 1970), 0 while it runs.
// Nothing else is different: threads, jobs and sockets are the server's (server/server.h). The
// monotonic clock neither jumps nor stops, as always.
//
//   clocked_server serve --data-dir DIR --listen ADDRESS [--a.b-c VALUE]…
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "server/server.h"

using namespace authd;

namespace {

class JumpingClock final : public Clock {
 public:
  explicit JumpingClock(const char* file) {
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    void* page = mmap(nullptr, 2 * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) {
      std::perror(file);
      std::exit(2);
    }
    ahead_ = static_cast<const int64_t*>(page);
    stands_at_ = ahead_ + 1;
  }

  Time now() const override {
    const int64_t stands_at = __atomic_load_n(stands_at_, __ATOMIC_RELAXED);
    if (stands_at != 0) return Time(Milliseconds(stands_at));
    return system_.now() + Milliseconds(__atomic_load_n(ahead_, __ATOMIC_RELAXED));
  }
  SteadyTime steady_now() const override { return system_.steady_now(); }

 private:
  SystemClock system_;
  const int64_t* ahead_;
  const int64_t* stands_at_;
};

// "--mail.url" and "--data-dir", as in the command.
std::string key_of(const std::string& flag) {
  std::string key = flag.substr(2);
  if (key.find('.') == std::string::npos) key = "server." + key;
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

}  // namespace

int main(int count, char** arguments) {
  const char* file = std::getenv("CLOCK_FILE");
  if (file == nullptr || count < 2 || std::string(arguments[1]) != "serve") return 2;
  config::Sources sources;
  sources.default_file.clear();
  for (int i = 2; i + 1 < count; i += 2)
    sources.flags.push_back({key_of(arguments[i]), arguments[i + 1], arguments[i]});
  Result<config::Loaded> loaded = config::load(sources);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 2;
  }
  const JumpingClock clock(file);
  SystemRandom random;
  const auto& wanted = loaded->config.log;
  const std::unique_ptr<Log> log = make_stderr_log(wanted.level, wanted.format, clock);
  const auto reload = [&] { return config::load(sources); };
  const Result<void> done = server::serve(
      {std::move(*loaded), reload, server::Systemd::from_environment()}, *log, clock, random);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return 1;
}
