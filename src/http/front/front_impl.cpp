#include "http/front/front.h"

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/check.h"
#include "http/app/proxies.h"
#include "http/front/front_impl.h"

namespace authd::http {
namespace {

// How often deadlines are checked: they are at most this late, or eight times that with many
// connections (registry.h).
constexpr Milliseconds kTick{100};

// The same while requests wait for news.
constexpr Milliseconds kNewsTick{20};

// Connections accepted from one listener before other events get their turn.
constexpr int kAcceptBatch = 16;

}  // namespace

Result<void> Front::Impl::open() {
  const bool has_tls = !options_.policy.ingress.tls_cert.empty();
  if (has_tls)
    tls_ = TRY(load_tls(options_.policy.ingress.tls_cert, options_.policy.ingress.tls_key));
  trusted_ = options_.policy.ingress.trusted_proxies;
  const auto open_all = [&](const std::vector<config::Listen>& listens, Role role) -> Result<void> {
    for (const config::Listen& listen : listens) {
      // TLS on a unix socket would be pure cost: its peer is on this host.
      const bool is_unix = listen.kind == config::Listen::Kind::unix_path;
      const Role actual = role == Role::tls && is_unix ? Role::plain : role;
      for (Listener& listener : TRY(open_listeners(listen, actual))) {
        listeners_.push_back(std::move(listener));
      }
    }
    return {};
  };
  TRY(open_all(options_.server.listen, has_tls ? Role::tls : Role::plain));
  TRY(open_all(options_.server.redirect_listen, Role::redirect));
  for (const int fd : options_.inherited) {
    listeners_.push_back(TRY(adopt_listener(fd, has_tls ? Role::tls : Role::plain)));
    if (listeners_.back().is_unix) listeners_.back().role = Role::plain;
  }
  reserve_for_exempt();
  if (listeners_.empty()) {
    return Error{ErrorCode::unavailable,
                 "there is nothing to listen on: systemd handed over no socket"};
  }
  return {};
}

// A share of the connections is reserved for proxies and unix sockets, if there are any.
void Front::Impl::reserve_for_exempt() {
  const bool has_unix = std::any_of(listeners_.begin(), listeners_.end(),
                                    [](const Listener& listener) { return listener.is_unix; });
  const std::lock_guard lock(policy_mutex_);
  registry_.reserve_for_exempt(has_unix || !trusted_.empty());
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
  writes_ = lane(static_cast<unsigned>(options_.server.workers));
  slow_ = lane(options_.slow_threads);
  if (tls_) {
    // Each connection is in the queue at most once, and the registry closes those beyond the bound;
    // some that were just closed may still be in it.
    handshakes_ =
        std::make_unique<WaitingLane>(options_.handshake_threads, options_.server.max_connections,
                                      [this](Connection* c) { serve_handshake(c); });
  }
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
  if (!policy.ingress.tls_cert.empty())
    tls = TRY(load_tls(policy.ingress.tls_cert, policy.ingress.tls_key));
  {
    const std::lock_guard lock(policy_mutex_);
    if (tls_ && tls) tls_ = tls;  // Switching TLS on or off takes a restart.
    trusted_ = policy.ingress.trusted_proxies;
  }
  reserve_for_exempt();
  app_.set_policy(policy);
  return {};
}

void Front::Impl::drain(Milliseconds patience) {
  is_draining_ = true;
  for (Listener& listener : listeners_) {
    if (epoll_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd.get(), nullptr);
    // Refuses connections in its queue; another thread may be using the descriptor. A socket from
    // systemd stays open, and its queue waits for the next server.
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
  if (handshakes_) handshakes_->stop();
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
  stats.parked = parking_.size();
  stats.write_queued = writes_ ? writes_->queued() : 0;
  stats.slow_queued = slow_ ? slow_->queued() : 0;
  stats.budget_refusals = budget_refusals_.load();
  stats.handshakes_cut = registry_.handshakes_cut();
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
  if (handshakes_) progress.handshakes = handshakes_->progress();
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
  // Whoever waits for news waits again a moment later: this thread must not have gone back to its
  // longer pause in between.
  constexpr int kPatience = 50;
  int without_parked = kPatience;
  const auto pause = [&] { return without_parked < kPatience ? kNewsTick : kTick; };
  while (poll(&end, 1, static_cast<int>(pause().count())) <= 0) {
    registry_.shut_down_late(clock_.steady_now(), is_draining_, false);
    ticks_.fetch_add(1, std::memory_order_relaxed);
    without_parked = parking_.size() > 0 ? 0 : std::min(without_parked + 1, kPatience);
    end_parking();
    give_back_memory();
    if (!accept_paused_.exchange(false)) continue;
    for (Listener& listener : listeners_)
      arm_listener(listener);
  }
}

// Those that find no place in the queue, or no memory, stay parked until the next tick.
void Front::Impl::end_parking() {
  if (parking_.size() == 0) return;
  const auto push = [this](Connection* connection) {
    try {
      return writes_->push(connection);
    } catch (const std::bad_alloc&) {
      return false;
    }
  };
  try {
    const uint64_t current = options_.state ? options_.state() : 0;
    for (Connection* connection : parking_.take_due(current, clock_.steady_now(), is_draining_)) {
      if (!push(connection)) parking_.put_back(connection);
    }
  } catch (const std::bad_alloc&) {
  }
}

// The allocator would keep the memory of many connections forever, so one attack would cost memory
// until the next restart. So when most of them have gone, free memory is returned to the kernel.
void Front::Impl::give_back_memory() {
  constexpr size_t kMany = 256;
  const size_t now = registry_.size();
  most_connections_ = std::max(most_connections_, now);
  if (most_connections_ < kMany || now > most_connections_ / 2) return;
  most_connections_ = now;
  malloc_trim(0);
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

// No descriptors or no memory: accepting again at once would spin. New connections wait in the
// kernel's queue until the tick arms the listener again.
void Front::Impl::pause_accepting(int error_number) {
  accept_paused_ = true;
  log_.error("cannot accept connections", {{"cause", strerrordesc_np(error_number)}});
}

void Front::Impl::admit(UniqueFd fd, const IpAddress& peer, const Listener& listener) {
  if (listener.is_unix) {
    bound_send_buffer(fd.get());
  } else {
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
                    has_tls ? options_.server.handshake_timeout : options_.server.idle_timeout);
  connection->is_exempt = is_exempt;
  Connection* raw = registry_.insert(std::move(connection));
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
