#include "postgresql_server.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "scratch.h"
#include "store/postgresql/connection.h"

namespace authd::test {
namespace {

namespace fs = std::filesystem;

// The newest one that Debian has installed.
std::string find_programs() {
  std::string newest;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    if (exists(entry.path() / "bin/postgres")) newest = std::max(newest, entry.path().string());
  }
  if (newest.empty()) throw std::runtime_error("there is no PostgreSQL: make packages.test");
  return newest + "/bin/";
}

// PostgreSQL does not run as root.
void give_up_root() {
  if (geteuid() != 0) return;
  const passwd* const user = getpwnam("postgres");
  if (user == nullptr || setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    _exit(97);
  }
}

pid_t start(const std::vector<std::string>& words, const std::string& log, bool ends_with_us) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  give_up_root();
  // The fast way to end, for a process that loses its parent.
  if (ends_with_us && (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent)) _exit(98);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) _exit(99);
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

class Server {
 public:
  Server() {
    const std::string programs = find_programs();
    const std::string place = directory_.path();
    if (const passwd* const user = getpwnam("postgres"); geteuid() == 0 && user != nullptr) {
      if (chown(place.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("cannot give " + place + " to postgres");
      }
    }
    const std::string log = place + "/log";
    const pid_t making = start({programs + "initdb", "-D", place + "/data", "-U", "authd", "-A",
                                "trust", "--no-sync", "-E", "UTF8", "--locale", "C"},
                               log, false);
    int status = 0;
    if (waitpid(making, &status, 0) != making || status != 0) {
      throw std::runtime_error("initdb failed, see " + log);
    }
    pid_ = start(
        {programs + "postgres", "-D", place + "/data", "-k", place, "-c", "listen_addresses=", "-c",
         "fsync=off", "-c", "max_connections=50", "-c", "dynamic_shared_memory_type=mmap"},
        log, true);
    url_ = "postgresql:///postgres?user=authd&host=" + place;
    const bool is_up = comes_true([&] {
      return store::Connection::open({url_, "public", "test"}, Milliseconds(1000)).has_value();
    });
    if (!is_up) throw std::runtime_error("PostgreSQL does not start, see " + log);
  }
  ~Server() {
    kill(pid_, SIGINT);
    waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& url() const { return url_; }

 private:
  TempDir directory_;
  pid_t pid_ = -1;
  std::string url_;
};

}  // namespace

const std::string& postgresql_url() {
  static const Server server;
  return server.url();
}

std::string fresh_schema() {
  static std::atomic<int> used = 0;
  return "authd_" + std::to_string(getpid()) + "_" + std::to_string(++used);
}

void run_sql(const std::string& sql, const std::string& url) {
  Result<store::Connection> connection =
      store::Connection::open({url, "public", "test"}, Milliseconds(10'000));
  if (!connection) throw std::runtime_error(connection.error().message);
  const Result<void> done = connection->run_script(sql, Milliseconds(10'000));
  if (!done) throw std::runtime_error(done.error().message);
}

}  // namespace authd::test
