#include "media/converter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/file.h"
#include "media/avatar.h"
#include "media/worker.h"

namespace authd::media {
namespace {

constexpr size_t kHead = 5;  // of an answer
constexpr const char* kField = "image";

Error refusal(Verdict verdict) {
  const char* message = "The image is damaged.";
  if (verdict == Verdict::no_image) message = "The file is not a PNG, JPEG or GIF image.";
  if (verdict == Verdict::too_many_pixels) message = "The image is larger than 2000x2000 pixels.";
  return Error{ErrorCode::invalid, message, kField};
}

Error no_worker() {
  return Error{ErrorCode::unavailable, "Images cannot be processed right now; try again later."};
}

// A process and the socket to it; both end with this object.
class Worker {
 public:
  Worker() = default;
  ~Worker() { end(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Returns an errno.
  int start(const std::string& program);
  // The wait status. The process cannot outlive this, whatever it does.
  int end();
  int socket() const { return socket_.get(); }

 private:
  UniqueFd socket_;
  pid_t pid_ = 0;
};

// Not fork(): the server has many threads and much memory. posix_spawn() shares the memory until
// the new program runs, and copies nothing.
int Worker::start(const std::string& program) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  socket_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  std::string name = "authd";
  std::string argument = kWorkerArgument;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  int failure = posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
  if (failure == 0) {
    failure = posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
  }
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char* const arguments[] = {name.data(), argument.data(), nullptr};
  char* const environment[] = {nullptr};  // It may contain secrets, and the worker needs none.
  pid_t pid = 0;
  if (failure == 0) {
    failure = posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failure == 0) pid_ = pid;
  return failure;
}

int Worker::end() {
  socket_.reset();
  if (pid_ == 0) return 0;
  // A process that has already ended keeps its status.
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

struct Answer {
  std::string bytes;
  bool is_late = false;

  std::optional<size_t> length() const {
    if (bytes.size() < kHead) return std::nullopt;
    size_t length = 0;
    for (size_t i = 1; i < kHead; ++i)
      length = length << 8 | static_cast<uint8_t>(bytes[i]);
    return length;
  }
  bool is_whole() const {
    const std::optional<size_t> said = length();
    return said && *said <= kMaxAvatar && bytes.size() == kHead + *said;
  }
  bool is_junk() const {
    const std::optional<size_t> said = length();
    return said && (*said > kMaxAvatar || bytes.size() > kHead + *said);
  }
};

// Sends the file and reads the answer, both at once: a worker may answer before it has read all.
Answer talk(int socket, std::string_view file, const Clock& clock, SteadyTime end) {
  Answer answer;
  bool is_sending = true;
  while (!answer.is_whole() && !answer.is_junk()) {
    const auto left = std::chrono::ceil<Milliseconds>(end - clock.steady_now()).count();
    pollfd waiting{socket, static_cast<short>(is_sending ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = left > 0 ? poll(&waiting, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      answer.is_late = true;
      break;
    }
    if (is_sending && (waiting.revents & POLLOUT) != 0) {
      const ssize_t put = send(socket, file.data(), file.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (put > 0) file.remove_prefix(static_cast<size_t>(put));
      const bool is_gone = put < 0 && errno != EAGAIN && errno != EINTR;
      if (file.empty() || is_gone) {
        is_sending = false;
        shutdown(socket, SHUT_WR);
      }
    }
    if ((waiting.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    char piece[16 * 1024];
    // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): the lock is given back by then
    const ssize_t got = recv(socket, piece, sizeof piece, MSG_DONTWAIT);
    if (got > 0) answer.bytes.append(piece, static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
  }
  return answer;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Converter::Converter(Log& log, const Clock& clock, ConverterOptions options)
    : log_(log), clock_(clock), options_(std::move(options)) {}

class Converter::Turn {
 public:
  explicit Turn(Converter& converter) : converter_(converter) {
    std::unique_lock lock(converter_.mutex_);
    const unsigned most = converter_.options_.max_workers;
    const auto has_room = [&] { return converter_.working_ < most; };
    if (!has_room() && converter_.waiting_ == most) return;
    converter_.waiting_ += 1;
    is_mine_ = converter_.freed_.wait_for(lock, converter_.options_.patience, has_room);
    converter_.waiting_ -= 1;
    if (is_mine_) converter_.working_ += 1;
  }
  ~Turn() {
    if (!is_mine_) return;
    const std::lock_guard lock(converter_.mutex_);
    converter_.working_ -= 1;
    converter_.freed_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool is_mine() const { return is_mine_; }

 private:
  Converter& converter_;
  bool is_mine_ = false;
};

Result<std::string> Converter::to_avatar(std::string_view file) {
  if (file.size() > kMaxFile) {
    return Error{ErrorCode::too_large, "An image may have at most 5 MiB.", kField};
  }
  const Turn turn(*this);
  if (!turn.is_mine()) {
    Error error{ErrorCode::busy, "Too many images are being processed; try again in a moment."};
    error.retry_after_s = 2;
    return error;
  }
  return ask_worker(file);
}

Result<std::string> Converter::ask_worker(std::string_view file) {
  Worker worker;
  const int failure = worker.start(options_.program);
  if (failure != 0) {
    const bool is_missing = failure == ENOENT;
    log_.error(is_missing ? "images cannot be decoded: mount /proc, this program starts itself "
                            "through /proc/self/exe"
                          : "images cannot be decoded: the worker process does not start",
               {{"program", options_.program}, {"cause", system_message(failure)}});
    return no_worker();
  }
  const Answer answer =
      talk(worker.socket(), file, clock_, clock_.steady_now() + options_.deadline);
  const int status = worker.end();
  if (!answer.is_whole()) {
    log_.warn(
        "an image exceeded the limits of its decoder",
        {{"ended", answer.is_late ? "out of time" : how_it_ended(status)}, {"bytes", file.size()}});
    // Its processor time ends long before, so it is not the file that takes so long (sandbox.h).
    if (answer.is_late) return no_worker();
    return Error{ErrorCode::invalid, "The image cannot be decoded.", kField};
  }
  const auto verdict = static_cast<Verdict>(answer.bytes[0]);
  if (verdict == Verdict::no_memory) {
    log_.error("an image cannot be decoded: no memory for the worker process",
               {{"bytes", file.size()}});
    return no_worker();
  }
  if (verdict == Verdict::no_sandbox) {
    log_.error(
        "images cannot be decoded: this machine does not grant the sandbox (seccomp, "
        "resource limits)");
    return no_worker();
  }
  if (verdict != Verdict::ok) return refusal(verdict);
  return answer.bytes.substr(kHead);
}

}  // namespace authd::media
