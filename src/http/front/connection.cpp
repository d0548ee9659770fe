#include "http/front/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/wipe.h"

namespace authd::http {
namespace {

constexpr size_t kChunk = 16 * 1024;

// The largest piece given to the kernel at once. When its buffer has little room left, the kernel
// takes a whole piece or none (kNotSentLowat, listener.h), so a peer that reads nothing costs one
// piece of kernel memory.
constexpr size_t kPiece = 16 * 1024;

// The initial size of the buffer for requests, where a request may be that long.
constexpr size_t kLeastInput = 1024;

// The part of its request buffer that an idle connection may keep.
constexpr size_t kKeptInput = 2048;

Io io_of(TlsSession::Outcome outcome) {
  switch (outcome) {
    case TlsSession::Outcome::done: return Io::progress;
    case TlsSession::Outcome::wants_read: return Io::wants_read;
    case TlsSession::Outcome::wants_write: return Io::wants_write;
    case TlsSession::Outcome::closed: return Io::closed;
  }
  __builtin_unreachable();
}

// The socket calls with TlsSession's interface, so that both are used alike.
Io plain_read(int fd, char* to, size_t size, size_t& count) {
  while (true) {
    const ssize_t got = recv(fd, to, size, 0);
    if (got > 0) {
      count = static_cast<size_t>(got);
      return Io::progress;
    }
    if (got < 0 && errno == EINTR) continue;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? Io::wants_read : Io::closed;
  }
}

Io plain_write(int fd, const char* from, size_t size, size_t& count) {
  while (true) {
    const ssize_t put = send(fd, from, size, MSG_NOSIGNAL);
    if (put >= 0) {
      count = static_cast<size_t>(put);
      return Io::progress;
    }
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK ? Io::wants_write : Io::closed;
  }
}

}  // namespace

Connection::Connection(UniqueFd fd, const IpAddress& from, Role listener_role, bool unix_socket,
                       const TlsContext& tls)
    : peer(from), role(listener_role), is_unix(unix_socket), fd_(std::move(fd)) {
  if (role == Role::tls) tls_.emplace(tls, fd_.get());
}

Io Connection::read_some(size_t most) {
  // On the thread's stack, so that an idle connection holds no buffer. Unlike other variables of
  // the release (CMakeLists.txt) it is not cleared first: only bytes just read into it are used.
  __attribute__((uninitialized)) char chunk[kChunk];
  bool has_read = false;
  while (in.size() < most) {
    size_t count = 0;
    const size_t wanted = std::min(sizeof chunk, most - in.size());
    const Io io = tls_ ? io_of(tls_->read(chunk, wanted, count))
                       : plain_read(fd_.get(), chunk, wanted, count);
    if (io != Io::progress) return has_read && io == Io::wants_read ? Io::progress : io;
    append_input(chunk, count, most);
    wipe(chunk, count);
    moved.fetch_add(count, std::memory_order_relaxed);
    has_read = true;
    // A short read has emptied the socket; asking again would only cost a system call. TLS may hold
    // more.
    if (!tls_ && count < wanted) return Io::progress;
  }
  return Io::progress;
}

// Doubles the buffer when it is full, but never beyond the expected end: for a body of known length
// it holds no byte more.
void Connection::append_input(const char* bytes, size_t count, size_t most) {
  const size_t wanted = in.size() + count;
  if (wanted > in.capacity()) {
    const size_t end = expected == 0 ? most : expected;
    const size_t doubled = std::max(2 * in.capacity(), kLeastInput);
    std::string larger;  // reserve() on a non-empty string would double it in any case
    larger.reserve(std::max(wanted, wanted > end ? doubled : std::min(doubled, end)));
    larger = in;
    in.swap(larger);
  }
  in.append(bytes, count);
}

void Connection::drop_input(size_t count) {
  const size_t left = in.size() - count;
  std::memmove(in.data(), in.data() + count, left);
  wipe(in.data() + left, count);
  in.resize(left);
}

void Connection::give_back_input() {
  if (in.size() <= kKeptInput && in.capacity() > kKeptInput) in.shrink_to_fit();
}

Io Connection::send(std::string_view text, size_t& count) {
  return tls_ ? io_of(tls_->write(text.data(), text.size(), count))
              : plain_write(fd_.get(), text.data(), text.size(), count);
}

Io Connection::write_some() {
  while (sent < out.size()) {
    size_t count = 0;
    const Io io = send(std::string_view(out).substr(sent, kPiece), count);
    if (io != Io::progress) return io;
    moved.fetch_add(count, std::memory_order_relaxed);
    sent += count;
  }
  wipe(out.data(), out.size());  // It may have been a reply with tokens.
  out.clear();
  sent = 0;
  while (!fixed.empty()) {
    size_t count = 0;
    const Io io = send(fixed.substr(0, kPiece), count);
    if (io != Io::progress) return io;
    moved.fetch_add(count, std::memory_order_relaxed);
    fixed.remove_prefix(count);
  }
  return Io::progress;
}

bool Connection::send_at_once(std::string_view text) {
  size_t count = 0;
  return send(text, count) == Io::progress && count == text.size();
}

void Connection::forget_request() {
  head = ArrivingHead();
  chunks.reset();
  std::string().swap(in);
  large = MemoryBudget::Share();
  partial = MemoryBudget::Share();
  expected = 0;
  max_body = 0;
  limited.reset();
}

void Connection::forget_reply() {
  std::string().swap(out);
  fixed = {};
  sent = 0;
  untaken = MemoryBudget::Share();
}

Io Connection::handshake() {
  return tls_ ? io_of(tls_->handshake()) : Io::progress;
}

void Connection::finish_sending() {
  if (tls_) tls_->shut_down();
  shutdown(fd_.get(), SHUT_WR);
}

void Connection::enter(Phase next, SteadyTime now, Milliseconds allowed) {
  phase_.store(next, std::memory_order_relaxed);
  const SteadyTime::rep end = allowed.count() == 0 ? 0 : (now + allowed).time_since_epoch().count();
  deadline_.store(end, std::memory_order_relaxed);
}

bool Connection::is_overdue(SteadyTime now) const {
  const SteadyTime::rep end = deadline_.load(std::memory_order_relaxed);
  return end != 0 && now.time_since_epoch().count() >= end;
}

}  // namespace authd::http
