#include "http/front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/check.h"
#include "http/front_impl.h"
#include "http/proxies.h"

namespace authd::http {
namespace {

// How often deadlines are looked at: they are this much late at most, and with many connections
// eight times as much (registry.h).
constexpr Milliseconds kTick{100};

// After a refusal the peer may still be sending; this long it may see the reply instead of a reset.
constexpr Milliseconds kLinger{2000};
constexpr size_t kLingerBytes = 64 * 1024;

// Buffers up to this size are kept for the next request.
constexpr size_t kKeptBuffer = 2048;

// Connections taken from one listener before other events have their turn.
constexpr int kAcceptBatch = 16;

// Requests of one connection that are served before other connections have their turn.
constexpr int kTurns = 16;

}  // namespace

Result<void> Front::Impl::open() {
  const bool has_tls = !options_.policy.tls_cert.empty();
  if (has_tls) tls_ = TRY(load_tls(options_.policy.tls_cert, options_.policy.tls_key));
  trusted_ = options_.policy.trusted_proxies;
  const auto open_all = [&](const std::vector<config::Listen>& listens, Role role) -> Result<void> {
    for (const config::Listen& listen : listens) {
      // TLS on a unix socket would only cost: its peer is on this host.
      const bool is_unix = listen.kind == config::Listen::Kind::unix_path;
      const Role actual = role == Role::tls && is_unix ? Role::plain : role;
      for (Listener& listener : TRY(open_listeners(listen, actual))) {
        listeners_.push_back(std::move(listener));
      }
    }
    return {};
  };
  TRY(open_all(options_.listen, has_tls ? Role::tls : Role::plain));
  TRY(open_all(options_.redirect_listen, Role::redirect));
  for (const int fd : options_.inherited) {
    listeners_.push_back(TRY(adopt_listener(fd, has_tls ? Role::tls : Role::plain)));
    if (listeners_.back().is_unix) listeners_.back().role = Role::plain;
  }
  if (listeners_.empty()) {
    return Error{ErrorCode::unavailable,
                 "there is nothing to listen on: systemd handed over no socket"};
  }
  return {};
}

void Front::Impl::start() {
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  end_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(epoll_ && end_);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, end_.get(), &event) == 0);
  for (Listener& listener : listeners_) {
    event.events = 0;
    CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.fd.get(), &event) == 0);
    arm_listener(listener);
  }
  const auto lane = [this](unsigned threads) {
    return std::make_unique<WaitingLane>(threads, options_.max_queue,
                                         [this](Connection* c) { serve(c); });
  };
  writes_ = lane(options_.write_threads);
  slow_ = lane(options_.slow_threads);
  turns_ = std::vector<std::atomic<uint64_t>>(options_.socket_threads);
  threads_.reserve(options_.socket_threads + 1);
  for (std::atomic<uint64_t>& turns : turns_)
    threads_.emplace_back([this, &turns] { work(turns); });
  threads_.emplace_back([this] { tick(); });
}

std::vector<std::string> Front::Impl::addresses() const {
  std::vector<std::string> all;
  for (const Listener& listener : listeners_)
    all.push_back(listener.address);
  return all;
}

Result<void> Front::Impl::reload(const Policy& policy) {
  TlsContext tls;
  if (!policy.tls_cert.empty()) tls = TRY(load_tls(policy.tls_cert, policy.tls_key));
  {
    const std::lock_guard lock(policy_mutex_);
    if (tls_ && tls) tls_ = tls;  // Switching TLS on or off takes a restart.
    trusted_ = policy.trusted_proxies;
  }
  app_.set_policy(policy);
  return {};
}

void Front::Impl::drain(Milliseconds patience) {
  is_draining_ = true;
  for (Listener& listener : listeners_) {
    if (epoll_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd.get(), nullptr);
    // Refuses those in its queue; another thread may be using the number. What is systemd's stays
    // open, and its queue waits for the next server.
    if (!listener.is_inherited) shutdown(listener.fd.get(), SHUT_RDWR);
    if (!listener.path.empty()) unlink(listener.path.c_str());
  }
  if (threads_.empty()) {  // never started, or ended before
    listeners_.clear();
    return;
  }
  const SteadyTime end = clock_.steady_now() + patience;
  constexpr Milliseconds kPoll{5};
  while (accepting_ > 0 || registry_.size() > 0 || working_ > 0) {
    const SteadyTime now = clock_.steady_now();
    registry_.shut_down_late(now, true, now >= end);
    std::this_thread::sleep_for(kPoll);
  }
  slow_->stop();
  writes_->stop();
  const uint64_t one = 1;
  CHECK(write(end_.get(), &one, sizeof one) == sizeof one);
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
  listeners_.clear();
}

FrontStats Front::Impl::stats() const {
  FrontStats stats;
  stats.connections = registry_.size();
  stats.connections_refused = registry_.refused();
  stats.working = working_.load();
  stats.write_queued = writes_ ? writes_->queued() : 0;
  stats.slow_queued = slow_ ? slow_->queued() : 0;
  stats.rate_limited = app_.rate_limited();
  stats.tls_failures = tls_failures_.load();
  const std::lock_guard lock(policy_mutex_);
  stats.certificate_ends_at = certificate_end(tls_);
  return stats;
}

Progress Front::Impl::progress() const {
  Progress progress;
  for (const std::atomic<uint64_t>& turns : turns_)
    progress.turns.push_back(turns.load(std::memory_order_relaxed));
  progress.ticks = ticks_.load(std::memory_order_relaxed);
  progress.writes = writes_->progress();
  progress.slow = slow_->progress();
  return progress;
}

void Front::Impl::work(std::atomic<uint64_t>& turns) {
  uint64_t turn = 0;
  while (true) {
    epoll_event event;
    const int count = epoll_wait(epoll_.get(), &event, 1, -1);
    if (count <= 0) continue;
    if (event.data.ptr == nullptr) return;
    turns.store(++turn, std::memory_order_relaxed);
    if ((event.data.u64 & 1) != 0) {
      ++accepting_;
      if (!is_draining_) on_listener(*reinterpret_cast<Listener*>(event.data.u64 & ~uint64_t{1}));
      --accepting_;
    } else {
      on_connection(static_cast<Connection*>(event.data.ptr));
    }
    turns.store(++turn, std::memory_order_relaxed);
  }
}

void Front::Impl::tick() {
  pollfd end{end_.get(), POLLIN, 0};
  while (poll(&end, 1, static_cast<int>(kTick.count())) <= 0) {
    registry_.shut_down_late(clock_.steady_now(), is_draining_, false);
    ticks_.fetch_add(1, std::memory_order_relaxed);
    if (!accept_paused_.exchange(false)) continue;
    for (Listener& listener : listeners_)
      arm_listener(listener);
  }
}

void Front::Impl::arm_listener(Listener& listener) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  // The lowest bit tells listeners from connections; both are aligned.
  event.data.u64 = reinterpret_cast<uintptr_t>(&listener) | 1;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener.fd.get(), &event);
}

void Front::Impl::on_listener(Listener& listener) {
  for (int i = 0; i < kAcceptBatch; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd fd(accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&storage), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (!is_draining_) pause_accepting(errno);
      return;
    }
    try {
      admit(std::move(fd), address_of(storage), listener);
    } catch (const std::bad_alloc&) {
      pause_accepting(ENOMEM);
      return;
    }
  }
  if (!is_draining_) arm_listener(listener);
}

// No descriptors or no memory: accepting again at once would spin. Who connects waits in the queue
// of the kernel until the tick arms the listener again.
void Front::Impl::pause_accepting(int error_number) {
  accept_paused_ = true;
  log_.error("cannot accept connections", {{"cause", strerrordesc_np(error_number)}});
}

void Front::Impl::admit(UniqueFd fd, const IpAddress& peer, const Listener& listener) {
  if (!listener.is_unix) {
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  TlsContext tls;
  bool is_exempt = listener.is_unix;
  {
    const std::lock_guard lock(policy_mutex_);
    tls = tls_;
    is_exempt = is_exempt || is_trusted(peer, trusted_);
  }
  const int number = fd.get();
  auto connection =
      std::make_unique<Connection>(std::move(fd), peer, listener.role, listener.is_unix, tls);
  const bool has_tls = connection->has_tls();
  connection->enter(has_tls ? Phase::handshake : Phase::idle, clock_.steady_now(),
                    has_tls ? options_.handshake_timeout : options_.idle_timeout);
  Connection* raw = registry_.insert(std::move(connection), is_exempt);
  if (raw == nullptr) return;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.ptr = raw;
  bool is_watched = false;
  {
    const std::lock_guard lock(raw->arming);
    is_watched = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, number, &event) == 0;
  }
  if (!is_watched) registry_.remove(raw);
}

void Front::Impl::on_connection(Connection* c) {
  c->take_over();
  carry_on(c, [&] { return step(*c); });
}

void Front::Impl::serve(Connection* c) {
  carry_on(c, [&] { return answer(*c, false); });
}

// Takes the first step and all that follow until the connection has to wait for something. For
// every thread that serves requests this is where a lack of memory ends.
template <typename First>
void Front::Impl::carry_on(Connection* c, First first) {
  Next next = Next::close;
  try {
    next = first();
    for (int turns = 0; next == Next::again; ++turns) {
      // Whoever sends request upon request has to let others in between; a socket that can be
      // written to comes back at once.
      next = turns < kTurns ? step(*c) : Next::wait_write;
    }
  } catch (const std::bad_alloc&) {
    next = give_up(*c);
  }
  switch (next) {
    case Next::again: break;
    case Next::wait_read: arm(*c, EPOLLIN | EPOLLRDHUP); break;
    case Next::wait_write: arm(*c, EPOLLOUT); break;
    case Next::handed_over: break;  // Another thread may have it by now.
    case Next::close: registry_.remove(c); break;
  }
}

void Front::Impl::arm(Connection& c, uint32_t events) {
  epoll_event event{};
  event.events = events | EPOLLONESHOT;
  event.data.ptr = &c;
  const std::lock_guard lock(c.arming);
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, c.fd(), &event) == 0);
}

Front::Impl::Next Front::Impl::step(Connection& c) {
  switch (c.phase()) {
    case Phase::handshake: {
      const Io io = c.handshake();
      if (io == Io::wants_read) return Next::wait_read;
      if (io == Io::wants_write) return Next::wait_write;
      if (io == Io::closed) {
        tls_failures_.fetch_add(1, std::memory_order_relaxed);
        return Next::close;
      }
      c.enter(Phase::idle, clock_.steady_now(), options_.idle_timeout);
      return read_more(c);
    }
    case Phase::writing: return flush(c);
    case Phase::lingering: {
      const Io io = c.read_some(kLingerBytes);
      c.in.clear();
      return io == Io::closed ? Next::close : Next::wait_read;
    }
    case Phase::idle:
    case Phase::head:
    case Phase::body: return read_more(c);
    case Phase::working: break;
  }
  CHECK(false);
}

Front::Impl::Next Front::Impl::read_more(Connection& c) {
  const Io io = c.read_some(options_.max_header + std::max(options_.max_body, c.max_body));
  if (io == Io::wants_write) return Next::wait_write;
  if (io == Io::wants_read) return take_request(c);  // TLS: what was read before may be enough
  if (io == Io::closed) {
    const bool is_late = c.timed_out.load(std::memory_order_relaxed);
    const bool has_begun = c.phase() == Phase::head || c.phase() == Phase::body;
    if (is_late && has_begun) return refuse(c, 408, "the request took too long to arrive");
    // What came before the end may still be a whole request, whose sender only stopped sending.
    if (c.in.empty() || is_late) return Next::close;
    const Next next = take_request(c);
    return next == Next::wait_read ? Next::close : next;
  }
  return take_request(c);
}

// Answers the request at the front of the buffer, when it is there whole.
Front::Impl::Next Front::Impl::take_request(Connection& c) {
  Next next = take_head(c);
  if (next == Next::again) next = take_body(c);
  if (next == Next::again) next = dispatch(c);
  return next;
}

Front::Impl::Next Front::Impl::take_head(Connection& c) {
  const SteadyTime now = clock_.steady_now();
  // RFC 9112 section 2.2: an empty line before the request is passed over.
  size_t empty = 0;
  while (c.in.compare(empty, 2, "\r\n") == 0)
    empty += 2;
  c.in.erase(0, empty);  // All at once: one by one, a flood of them would cost its square.
  if (c.in.empty()) {
    if (is_draining_) return Next::close;
    if (c.phase() != Phase::idle) c.enter(Phase::idle, now, options_.idle_timeout);
    if (c.in.capacity() > kKeptBuffer) std::string().swap(c.in);
    return Next::wait_read;
  }
  // The deadline runs from the first byte, however slowly the others come.
  if (c.phase() == Phase::idle) c.enter(Phase::head, now, options_.header_timeout);
  // While the body comes in the head is read again each time: its views do not outlive the growing
  // buffer.
  HeadResult result = parse_head(c.in, c.searched, options_.max_header);
  if (result.parsed == Parsed::incomplete) return Next::wait_read;
  if (result.parsed == Parsed::refused) return refuse(c, result.status, result.reason);
  if (c.max_body == 0) {
    const char* const place = c.in.data();
    const Next next = bound_body(c, result.head);
    if (next != Next::again) return next;
    // With a larger buffer the views of the head are void.
    if (c.in.data() != place) return take_head(c);
  }
  c.head = std::move(result.head);
  if (c.head->is_chunked && !c.chunks) c.chunks.emplace(c.max_body);
  return Next::again;
}

// Sets how long the body may be, once for each request, and takes the memory for a large one.
Front::Impl::Next Front::Impl::bound_body(Connection& c, const Head& head) {
  const bool may_be_large = head.is_chunked || head.content_length > options_.max_body;
  const size_t limit = may_be_large && c.role != Role::redirect ? app_.body_limit(head) : 0;
  c.max_body = std::max(limit, options_.max_body);
  if (head.content_length > c.max_body) return refuse(c, 413, "the body is too long");
  if (!may_be_large || c.max_body == options_.max_body) return Next::again;
  const size_t length = head.is_chunked ? c.max_body : static_cast<size_t>(head.content_length);
  c.share = budget_.take(app_.client_of(head, c.peer), length);
  if (!c.share) return refuse(c, 503, "too many large bodies are on their way; try again soon");
  if (!head.is_chunked) c.in.reserve(head.bytes + length);
  return Next::again;
}

Front::Impl::Next Front::Impl::take_body(Connection& c) {
  const size_t head_bytes = c.head->bytes;
  if (c.chunks) {
    size_t used = head_bytes;
    const ChunkedDecoder::State state = c.chunks->feed(c.in, used);
    c.in.erase(head_bytes, used - head_bytes);
    if (state == ChunkedDecoder::State::malformed)
      return refuse(c, 400, "the chunks are malformed");
    if (state == ChunkedDecoder::State::too_large) return refuse(c, 413, "the body is too long");
    if (state == ChunkedDecoder::State::done) return Next::again;
  } else if (c.in.size() - head_bytes >= c.head->content_length) {
    return Next::again;
  }
  if (c.phase() == Phase::body) return Next::wait_read;
  c.enter(Phase::body, clock_.steady_now(), options_.body_timeout);
  if (!c.head->expects_continue || c.in.size() > head_bytes) return Next::wait_read;
  // An interim reply is short and the socket's buffer empty; if it cannot be sent at once, the peer
  // is gone.
  c.out += "HTTP/1.1 100 Continue\r\n\r\n";
  return c.write_some() == Io::progress ? Next::wait_read : Next::close;
}

Front::Impl::Next Front::Impl::dispatch(Connection& c) {
  c.received = clock_.steady_now();
  c.enter(Phase::working, c.received, Milliseconds(0));
  working_.fetch_add(1);  // Before another thread can have finished it.
  App::Admission admission;
  if (c.role != Role::redirect) admission = app_.admit(*c.head, c.peer, c.received);
  c.limited = admission.limited;
  if (admission.lane == Lane::fast || admission.is_refused()) return answer(c, false);
  WaitingLane& threads = admission.lane == Lane::write ? *writes_ : *slow_;
  return threads.push(&c) ? Next::handed_over : answer(c, true);
}

Front::Impl::Next Front::Impl::answer(Connection& c, bool is_overloaded) {
  Exchange exchange;
  exchange.head = std::move(*c.head);
  const size_t head_bytes = exchange.head.bytes;
  const size_t length = c.chunks ? 0 : static_cast<size_t>(exchange.head.content_length);
  exchange.body = c.chunks ? std::string_view(c.chunks->body())
                           : std::string_view(c.in).substr(head_bytes, length);
  exchange.peer = c.peer;
  exchange.has_tls = c.has_tls();
  exchange.limited = c.limited;
  exchange.is_overloaded = is_overloaded;
  exchange.is_redirected = c.role == Role::redirect;
  exchange.received = c.received;
  c.closes = gateway_.answer(exchange, c.out);
  c.in.erase(0, head_bytes + length);
  c.searched = 0;
  c.head.reset();
  c.chunks.reset();
  if (c.share) c.in.shrink_to_fit();
  c.share = BodyBudget::Share();
  c.max_body = 0;
  working_.fetch_sub(1);
  return flush(c);
}

Front::Impl::Next Front::Impl::flush(Connection& c) {
  const Io io = c.write_some();
  if (io == Io::closed) return Next::close;
  if (io != Io::progress) {
    if (c.phase() != Phase::writing) {
      c.enter(Phase::writing, clock_.steady_now(), options_.write_timeout);
    }
    return io == Io::wants_read ? Next::wait_read : Next::wait_write;
  }
  if (c.lingers) {
    c.finish_sending();
    c.enter(Phase::lingering, clock_.steady_now(), kLinger);
    return Next::wait_read;
  }
  if (c.closes) {
    c.finish_sending();
    return Next::close;
  }
  if (c.out.capacity() > kKeptBuffer) std::string().swap(c.out);
  if (is_draining_ && c.in.empty()) return Next::close;
  c.enter(Phase::idle, clock_.steady_now(), options_.idle_timeout);
  // More requests may be here already, or inside of TLS.
  return c.in.empty() && !c.has_tls() ? Next::wait_read : Next::again;
}

// There is no memory for a request. What the connection holds is given back, its peer gets a reply
// that needs none, and nothing more is read: like a connection that breaks off, this tells nothing
// of whether the request was carried out.
Front::Impl::Next Front::Impl::give_up(Connection& c) {
  // answer() counts down itself where it leaves this phase.
  if (c.phase() == Phase::working) working_.fetch_sub(1);
  // Sending needs no memory of ours: who is further on has had a whole reply.
  const bool is_asked = c.phase() == Phase::idle || c.phase() == Phase::head ||
                        c.phase() == Phase::body || c.phase() == Phase::working;
  c.forget_request();
  std::string().swap(c.out);
  log_.error("a request was given up", {{"cause", "out of memory"}});
  if (!is_asked || !c.send_at_once(OutOfMemoryReply(app_.make_request_id()).text())) {
    return Next::close;
  }
  c.finish_sending();
  c.lingers = true;
  c.enter(Phase::lingering, clock_.steady_now(), kLinger);
  return Next::wait_read;
}

// A request that cannot be understood: where the next one would begin is not known either, so the
// connection ends.
Front::Impl::Next Front::Impl::refuse(Connection& c, int status, std::string_view message) {
  log_.info("request refused",
            {{"status", status}, {"reason", message}, {"client", c.peer.to_string()}});
  append_refusal(c.out, status, message, app_.next_request_id());
  c.forget_request();
  c.closes = true;
  c.lingers = true;
  c.enter(Phase::writing, clock_.steady_now(), options_.write_timeout);
  return flush(c);
}

Front::Front(FrontOptions options, std::vector<Route> routes, Log& log, const Clock& clock,
             Random& random, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(routes), log, clock, random,
                                   metrics)) {}

Front::~Front() = default;

Result<void> Front::open() {
  return impl_->open();
}

void Front::start() {
  impl_->start();
}

std::vector<std::string> Front::addresses() const {
  return impl_->addresses();
}

Result<void> Front::reload(const Policy& policy) {
  return impl_->reload(policy);
}

void Front::drain(Milliseconds patience) {
  impl_->drain(patience);
}

Progress Front::progress() const {
  return impl_->progress();
}

FrontStats Front::stats() const {
  return impl_->stats();
}

}  // namespace authd::http
