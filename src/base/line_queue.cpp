#include "base/line_queue.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

namespace authd {
namespace {

// Returns how many lines could not be written: the descriptor is closed, or its disk is full.
uint64_t write_lines(int fd, std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = write(fd, lines.data(), lines.size());
    if (written >= 0) {
      lines.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {  // somebody else made it non-blocking
      pollfd writable{fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// A thread that receives no signals.
template <typename Work>
std::thread quiet_thread(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

struct LineQueue::State {
  const int fd;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  std::string queued;    // whole lines
  uint64_t dropped = 0;  // behind `queued`
  bool is_ending = false;
  bool is_done = false;

  explicit State(int to) : fd(to) {}

  void run() {
    std::string batch;
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return is_ending || !queued.empty(); });
      if (queued.empty()) break;
      batch.swap(queued);
      lock.unlock();
      const uint64_t lost = write_lines(fd, batch);
      batch.clear();
      lock.lock();
      dropped += lost;
    }
    is_done = true;
    done.notify_all();
  }
};

LineQueue::LineQueue(int fd, Report report, Milliseconds farewell)
    : state_(std::make_shared<State>(fd)), report_(std::move(report)), farewell_(farewell) {
  // Detached, because nothing can end a thread that a stalled reader blocks in write(2).
  quiet_thread([state = state_] { state->run(); }).detach();
}

LineQueue::~LineQueue() {
  std::unique_lock lock(state_->mutex);
  try {
    add_report();
  } catch (const std::bad_alloc&) {
    // The count is lost; the lines are still written.
    state_->dropped = 0;
  }
  state_->is_ending = true;
  state_->wake.notify_one();
  state_->done.wait_for(lock, farewell_, [&] { return state_->is_done; });
}

void LineQueue::push(std::string_view line) {
  const std::lock_guard lock(state_->mutex);
  std::string& queued = state_->queued;
  if (!queued.empty() && queued.size() + line.size() >= kMaxBytes) {
    state_->dropped += 1;
    return;
  }
  // Only a writer that found the queue empty sleeps. A busy writer looks again without a signal.
  if (queued.empty()) state_->wake.notify_one();
  try {
    add_report();
    queued.reserve(queued.size() + line.size() + 1);  // So that no line loses its newline.
  } catch (const std::bad_alloc&) {
    state_->dropped += 1;
    return;
  }
  queued += line;
  queued += '\n';
}

void LineQueue::add_report() {
  if (state_->dropped == 0) return;
  state_->queued += report_(state_->dropped) + "\n";  // as a whole, or it throws
  state_->dropped = 0;
}

}  // namespace authd
