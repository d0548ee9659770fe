#include "server/process/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/function_ref.h"
#include "base/syscall_filter.h"
#include "server/process/landlock.h"
#include "support/temp_dir.h"

using namespace authd;

namespace {

namespace fs = std::filesystem;

// What a child process answers; the child is confined, but later tests are not.
int in_child(FunctionRef<int()> act) {
  const pid_t pid = fork();
  if (pid == 0) _exit(act());
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// A data directory, and another one that does not concern the server.
class Place {
 public:
  Place() {
    fs::create_directory(at("data"));
    fs::create_directory(at("elsewhere"));
    config.server.data_dir = at("data");
    REQUIRE(write_file_atomic(at("elsewhere/file"), "text", 0600).has_value());
  }

  std::string at(const std::string& name) const { return directory_.file(name); }

  config::Config config;

 private:
  test::TempDir directory_;
};

class LastWarning final : public Log {
 public:
  void write(LogLevel, std::string_view message, LogFields) override { text = message; }
  bool enabled(LogLevel) const override { return true; }
  void set_level(LogLevel) override {}

  std::string text;
};

int dumpable() {
  return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

bool can_make(const std::string& file) {
  return write_file_atomic(file, "text", 0600).has_value();
}

}  // namespace

TEST_CASE("a confined server gains no privileges and leaves no core dump") {
  const Place place;
  const int answer = in_child([&] {
    server::confine(place.config, null_log());
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 1;
    if (dumpable() != 0) return 2;
    rlimit core{1, 1};
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0) return 3;
    return setuid(getuid()) == 0 ? 42 : 4;  // Not filtered: the tests are linked dynamically.
  });
  CHECK(answer == 42);
}

TEST_CASE("with server.sandbox off, capabilities and new privileges are given up all the same") {
  Place place;
  place.config.server.sandbox = false;
  const int before = dumpable();
  const int answer = in_child([&] {
    server::confine(place.config, null_log());
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 1;
    if (prctl(PR_CAPBSET_READ, 0, 0, 0, 0) != 0 && geteuid() == 0) return 2;
    return dumpable() == before ? 42 : 3;
  });
  CHECK(answer == 42);
}

TEST_CASE("files are made, changed and executed where the configuration says, and read anywhere") {
  if (!SyscallFilter::is_possible()) return;
  Place place;
  fs::create_directory(place.at("backups"));
  place.config.backup.directory = place.at("backups");
  LastWarning log;
  const int answer = in_child([&] {
    server::restrict_files(place.config, log);
    if (!log.text.empty()) return 77;
    if (!can_make(place.at("data/new")) || !can_make(place.at("backups/new"))) return 1;
    if (rename(place.at("data/new").c_str(), place.at("backups/other").c_str()) != 0) return 2;
    if (mkdir(place.at("data/folder").c_str(), 0700) != 0) return 3;
    if (unlink(place.at("backups/other").c_str()) != 0) return 4;
    if (!read_file(place.at("elsewhere/file"), 100)) return 5;

    if (can_make(place.at("elsewhere/new")) || can_make(place.at("new"))) return 11;
    const std::string file = place.at("elsewhere/file");
    if (open(file.c_str(), O_WRONLY | O_CLOEXEC) >= 0 || errno != EACCES) return 12;
    if (unlink(file.c_str()) == 0 || errno != EACCES) return 13;
    if (rename(file.c_str(), place.at("data/file").c_str()) == 0) return 14;
    if (mkdir(place.at("elsewhere/folder").c_str(), 0700) == 0) return 15;
    execl("/bin/true", "true", nullptr);
    return errno == EACCES ? 42 : 16;
  });
  if (answer == 77) {
    WARN("skipped: " << log.text);
    return;
  }
  CHECK(answer == 42);
}

TEST_CASE("signals reach the processes that it starts, and no other") {
  if (!SyscallFilter::is_possible()) return;
  constexpr long kScopesSignalsFrom = 6;
  if (syscall(__NR_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) <
      kScopesSignalsFrom) {
    WARN("skipped: this kernel's Landlock does not know of signals");
    return;
  }
  const Place place;
  const pid_t stranger = fork();
  if (stranger == 0) {
    pause();
    _exit(0);
  }
  const int answer = in_child([&] {
    server::restrict_files(place.config, null_log());
    if (kill(stranger, SIGKILL) == 0 || errno != EPERM) return 1;
    if (kill(getppid(), 0) == 0) return 2;
    if (kill(getpid(), 0) != 0) return 3;
    const pid_t own = fork();
    if (own == 0) {
      pause();
      _exit(0);
    }
    if (kill(own, SIGKILL) != 0) return 4;
    int status = 0;
    return waitpid(own, &status, 0) == own && WIFSIGNALED(status) ? 42 : 5;
  });
  CHECK(answer == 42);
  kill(stranger, SIGKILL);
  CHECK(waitpid(stranger, nullptr, 0) == stranger);
}

TEST_CASE("a directory that is not there yet leaves files unrestricted, and the log names it") {
  if (!SyscallFilter::is_possible()) return;
  Place place;
  place.config.backup.directory = place.at("later");
  const int answer = in_child([&] {
    LastWarning log;
    server::restrict_files(place.config, log);
    if (!log.text.starts_with("files are not restricted")) return 1;
    return can_make(place.at("elsewhere/new")) ? 42 : 2;
  });
  CHECK(answer == 42);
}

TEST_CASE("a unix socket outside of the data directory can still be removed") {
  if (!SyscallFilter::is_possible()) return;
  Place place;
  config::Listen listen;
  listen.kind = config::Listen::Kind::unix_path;
  listen.path = place.at("elsewhere/authd.sock");
  place.config.server.listen = {listen};
  REQUIRE(can_make(listen.path));
  const int answer = in_child([&] {
    server::restrict_files(place.config, null_log());
    return unlink(listen.path.c_str()) == 0 ? 42 : 1;
  });
  CHECK(answer == 42);
}
