#include "media/converter.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "media/avatar.h"
#include "media/images.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::media;
using namespace authd::test;
using namespace std::string_literals;

namespace {

// A program that replaces the worker.
class Script {
 public:
  explicit Script(const std::string& lines) {
    std::ofstream(path()) << "#!/bin/sh\n" << lines << "\n";
    REQUIRE(chmod(path().c_str(), 0700) == 0);
  }
  std::string path() const { return directory_.file("worker"); }
  std::string file(const char* name) const { return directory_.file(name); }

 private:
  TempDir directory_;
};

const SystemClock kClock;
// Longer than any worker here takes on a slow machine.
constexpr Milliseconds kLong = std::chrono::minutes(2);

Converter converter(const std::string& program, Milliseconds deadline = kLong) {
  return Converter(null_log(), kClock, {program, 2, Milliseconds(100), deadline});
}

ErrorCode refusal(const Result<std::string>& made) {
  REQUIRE_FALSE(made);
  CHECK_FALSE(made.error().message.empty());
  return made.error().code;
}

}  // namespace

TEST_CASE("a worker turns an image into an avatar, and says what is wrong with other files") {
  Converter images = converter(MEDIA_WORKER);
  const auto made = images.to_avatar(plain_png(600, 300, "\xff\0\0"s));
  REQUIRE(made);
  CHECK(made->starts_with("\xff\xd8\xff"));
  CHECK(refusal(images.to_avatar("hello")) == ErrorCode::invalid);
  CHECK(refusal(images.to_avatar("")) == ErrorCode::invalid);
  CHECK(refusal(images.to_avatar(png(30000, 30000, 2, "x"))) == ErrorCode::invalid);
  CHECK(refusal(images.to_avatar(std::string(kMaxFile + 1, 'x'))) == ErrorCode::too_large);
  // As large as allowed, and larger than a socket's buffer.
  CHECK(refusal(images.to_avatar(std::string(kMaxFile, 'x'))) == ErrorCode::invalid);
  CHECK(images.to_avatar(plain_png(2000, 2000, "\0\0\0"s)));
}

TEST_CASE("a worker that dies, hangs or talks junk costs its request and nothing else") {
  const std::string image = plain_png(10, 10, "\xff\0\0"s);
  for (const char* lines :
       {"kill -SEGV $$", "exit 0", "exit 7", "cat >/dev/null; exit 0", "printf '\\000\\000\\000'",
        "printf '\\000\\377\\377\\377\\377'", "printf '\\000\\000\\000\\000\\001'", "yes", "cat",
        "printf '\\000\\000\\000\\000\\001xx'; exec sleep 600", "exec <&-; exit 1"}) {
    INFO(lines);
    const Script script(lines);
    CHECK(refusal(converter(script.path()).to_avatar(image + std::string(1 << 20, 'x'))) ==
          ErrorCode::invalid);
  }
  const Script slow("exec sleep 600");
  const SteadyTime begin = kClock.steady_now();
  CHECK(refusal(converter(slow.path(), Milliseconds(200)).to_avatar(image)) ==
        ErrorCode::unavailable);
  CHECK(kClock.steady_now() - begin < Seconds(300));
}

TEST_CASE("no program to start is the operator's matter") {
  CHECK(refusal(converter("/nonexistent/exe").to_avatar("x")) == ErrorCode::unavailable);
}

TEST_CASE("a worker gets no secret of the environment and no descriptor") {
  setenv("AUTHD_TEST_SECRET", "hunter2", 1);
  const Script script("env >\"$0.env\"; ls -l /proc/$$/fd >\"$0.fd\"; printf '\\001\\0\\0\\0\\0'");
  int foreign[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, foreign) == 0);
  CHECK(refusal(converter(script.path()).to_avatar("x")) == ErrorCode::invalid);
  close(foreign[0]);
  close(foreign[1]);
  std::ifstream env(script.file("worker.env"));
  const std::string text((std::istreambuf_iterator<char>(env)), {});
  CHECK(text.find("PWD") != std::string::npos);  // Set by the shell itself.
  CHECK(text.find("hunter2") == std::string::npos);
  std::ifstream fds(script.file("worker.fd"));
  std::string line;
  int sockets = 0;
  while (std::getline(fds, line))
    sockets += line.find("socket:") != std::string::npos ? 1 : 0;
  CHECK(sockets == 2);
}

TEST_CASE("only a limited number of workers run at a time, and other callers must come again") {
  const Script script("while [ ! -e \"$0.go\" ]; do sleep 0.01; done; printf '\\001\\0\\0\\0\\0'");
  Converter images = converter(script.path());
  std::atomic<int> busy{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      const auto made = images.to_avatar("x");
      if (!made && made.error().code == ErrorCode::busy && made.error().retry_after_s > 0) {
        busy += 1;
      } else {
        done += 1;
      }
    });
  }
  // No worker ends before all other callers have been refused.
  while (busy < 10 && done == 0)
    std::this_thread::sleep_for(Milliseconds(1));
  std::ofstream(script.file("worker.go")) << "x";
  for (std::thread& thread : threads)
    thread.join();
  CHECK(busy == 10);
  CHECK(done == 2);
  // Every place is free again.
  CHECK(refusal(images.to_avatar("x")) == ErrorCode::invalid);
}
