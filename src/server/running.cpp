#include "server/running.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include "base/check.h"

namespace authd::server {
namespace {

// These threads wait for the hasher, and then for a commit while the hasher computes the next hash.
constexpr unsigned kSlowThreads = 16;

}  // namespace

http::FrontOptions front_options(const config::Config& config, const Systemd& systemd, Log& log) {
  http::FrontOptions options(config);
  const std::vector<config::Listen>& listen = config.server.listen;
  const bool wants_systemd = std::any_of(
      listen.begin(), listen.end(),
      [](const config::Listen& one) { return one.kind == config::Listen::Kind::systemd; });
  if (wants_systemd) {
    options.inherited = systemd.sockets();
  } else if (!systemd.sockets().empty()) {
    log.warn("systemd passed sockets, but server.listen does not name systemd: they are not used");
  }
  options.socket_threads = std::max(std::thread::hardware_concurrency(), 2u);
  options.slow_threads = kSlowThreads;
  options.handshake_threads = options.socket_threads;
  return options;
}

void raise_file_limit(uint64_t connections, Log& log) {
  constexpr uint64_t kOthers = 128;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= connections + kOthers) return;
  limit.rlim_cur = std::min<rlim_t>(connections + kOthers, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < connections + kOthers) {
    log.warn("the limit of open files is below server.max_connections",
             {{"limit", static_cast<uint64_t>(limit.rlim_cur)}});
  }
}

std::vector<std::string> listening(const config::Config& config, const http::Front& front) {
  const std::string scheme = config.ingress.tls_cert.empty() ? "http " : "https ";
  std::vector<std::string> lines = front.addresses();
  for (std::string& line : lines)
    line = scheme + line;
  return lines;
}

void stop(const Systemd& systemd, Milliseconds patience, http::Front& front, Log& log) {
  constexpr std::chrono::seconds kRest{10};  // for the remaining work
  const std::chrono::microseconds all = patience + kRest;
  std::array<char, 128> text;
  std::snprintf(text.data(), text.size(),
                "STOPPING=1\nSTATUS=running requests may finish\nEXTEND_TIMEOUT_USEC=%lld",
                static_cast<long long>(all.count()));
  systemd.notify(text.data());
  log.info("stopping: running requests may finish");
  front.drain(patience);
  log.info("stopped");
}

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&set, signal);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, &before_) == 0);  // before any thread is started
  fd_.reset(signalfd(-1, &set, SFD_CLOEXEC));
  CHECK(fd_);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);  // If it were ignored, waitpid() would not see ended children.
  signal(SIGXFSZ, SIG_IGN);  // So that a write beyond ulimit -f is an error like a full disk.
}

Signals::~Signals() {
  // Drain repeated signals: if a second SIGTERM were pending when the mask is restored, it would
  // kill the process and look like a crash.
  while (wait(Milliseconds(0)) != 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int Signals::wait(Milliseconds timeout) {
  pollfd poll_fd{fd_.get(), POLLIN, 0};
  if (poll(&poll_fd, 1, static_cast<int>(timeout.count())) <= 0) return 0;
  signalfd_siginfo info{};
  return read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

bool Signals::ask_to_end() const {
  sigset_t waiting;
  sigemptyset(&waiting);
  sigpending(&waiting);
  return sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1;
}

Feeder::Feeder(const Systemd& systemd, const Clock& clock, store::Store& store, http::Front& front,
               Log& log)
    : systemd_(systemd), clock_(clock), log_(log), period_(systemd.watchdog_period()) {
  if (!period_) return;
  watchdog_.emplace(store, [&front] { return front.progress(); });
  due_ = clock_.steady_now() + *period_;
}

Milliseconds Feeder::patience() const {
  if (!period_) return Milliseconds(-1);
  return std::max(std::chrono::ceil<Milliseconds>(due_ - clock_.steady_now()), Milliseconds(0));
}

void Feeder::feed_when_due() {
  if (!period_ || clock_.steady_now() < due_) return;
  due_ = clock_.steady_now() + *period_;
  const std::string_view stuck = watchdog_->look();
  if (stuck.empty()) {
    systemd_.notify("WATCHDOG=1");
  } else {
    log_.error("no progress; if this continues, systemd will restart the server",
               {{"part", stuck}});
  }
}

}  // namespace authd::server
