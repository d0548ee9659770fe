// How the front serves one connection: from received bytes, through complete requests, to the bytes
// that it sends. front_impl.cpp has the sockets and threads.
#include <sys/epoll.h>

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/wipe.h"
#include "http/front/front_impl.h"

namespace authd::http {
namespace {

// After a refusal the peer may still be sending; this long it may see the reply instead of a reset.
constexpr Milliseconds kLinger{2000};
constexpr size_t kLingerBytes = 64 * 1024;

// Buffers up to this size are kept for the next request.
constexpr size_t kKeptBuffer = 2048;

// What an unread reply may cost in the kernel's buffers (listener.h): what waits there, plus one
// piece.
constexpr size_t kKernelShare = 2 * static_cast<size_t>(kNotSentLowat);

// Beyond the head and the body: the line that ends a chunked body must fit in as well.
constexpr size_t kCodingRoom = 1024;

// Requests of one connection that are served before other connections get their turn.
constexpr int kTurns = 16;

// Of a request that is complete.
std::string_view body_of(const Connection& c, const Head& head) {
  const size_t length = c.chunks ? c.chunks->size() : static_cast<size_t>(head.content_length);
  return std::string_view(c.in).substr(head.bytes, length);
}

}  // namespace

void Front::Impl::on_connection(Connection* c) {
  c->take_over();
  carry_on(c, [&] {
    if (c->phase() != Phase::handshake) return step(*c);
    return handshakes_->push(c) ? Next::handed_over : Next::close;
  });
}

void Front::Impl::serve_handshake(Connection* c) {
  carry_on(c, [&] { return shake_hands(*c); });
}

// On the threads of the lanes for slow requests and for writes, which handle passwords, codes and
// refresh tokens.
void Front::Impl::serve(Connection* c) {
  carry_on(c, [&] { return c->phase() == Phase::parked ? answer_again(*c) : answer(*c, false); });
  wipe_stack();
}

// Takes the first step and all further ones until the connection has to wait for something. For
// every serving thread, this is where running out of memory is handled.
template <typename First>
void Front::Impl::carry_on(Connection* c, First first) {
  Next next = Next::close;
  try {
    next = first();
    for (int turns = 0; next == Next::again; ++turns) {
      // A client that sends request after request must let others have a turn; a writable socket
      // comes back at once. The socket of a peer that reads nothing does not, so what waits here
      // counts.
      next = turns < kTurns ? step(*c) : count_partial(*c) ? Next::wait_write : Next::close;
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
    case Phase::writing: return flush(c);
    case Phase::lingering: {
      const Io io = c.read_some(kLingerBytes);
      std::string().swap(c.in);
      return io == Io::closed ? Next::close : Next::wait_read;
    }
    case Phase::idle:
    case Phase::head:
    case Phase::body: return read_more(c);
    case Phase::handshake:
    case Phase::working:
    case Phase::parked: break;
  }
  UNREACHABLE();
}

// Only on the threads of this lane: a handshake costs a hundred times as much as a token check, and
// anybody may ask for one. The first request is left to the socket threads.
Front::Impl::Next Front::Impl::shake_hands(Connection& c) {
  const Io io = c.handshake();
  if (io == Io::wants_read) return Next::wait_read;
  if (io == Io::wants_write) return Next::wait_write;
  if (io == Io::closed) {
    tls_failures_.fetch_add(1, std::memory_order_relaxed);
    return Next::close;
  }
  registry_.end_handshake(&c);
  c.enter(Phase::idle, clock_.steady_now(), options_.server.idle_timeout);
  return Next::wait_read;
}

Front::Impl::Next Front::Impl::read_more(Connection& c) {
  const size_t body = std::max(options_.server.max_body, c.max_body);
  // If the end of the request is known, nothing beyond it is read: what follows waits in the
  // kernel.
  const size_t most =
      c.expected != 0 ? c.expected : options_.server.max_header + body + kCodingRoom;
  const Io io = c.read_some(most);
  if (io == Io::wants_write) return Next::wait_write;
  if (io == Io::wants_read) return take_request(c);  // TLS: what was read before may be enough
  if (io == Io::closed) {
    const bool is_late = c.timed_out.load(std::memory_order_relaxed);
    const bool has_begun = c.phase() == Phase::head || c.phase() == Phase::body;
    if (is_late && has_begun) return refuse(c, 408, "the request took too long to arrive");
    // The bytes before the end may still be a complete request, whose sender only stopped sending.
    if (c.in.empty() || is_late) return Next::close;
    const Next next = take_request(c);
    return next == Next::wait_read ? Next::close : next;
  }
  return take_request(c);
}

// Answers the request at the front of the buffer if it is complete.
Front::Impl::Next Front::Impl::take_request(Connection& c) {
  Next next = take_head(c);
  if (next == Next::again) next = take_body(c);
  if (next == Next::again) return dispatch(c);
  return next == Next::wait_read ? hold_partial(c) : next;
}

// Counts the memory of an incomplete request. A large body has already been counted.
Front::Impl::Next Front::Impl::hold_partial(Connection& c) {
  // TLS may hold the rest of a record that did not fit: no event reports that.
  if (count_partial(c)) return c.has_unread() ? Next::again : Next::wait_read;
  return refuse(c, 503, "too many unfinished requests are on their way; try again soon");
}

// False if the budget has no room for the request bytes that the connection holds.
bool Front::Impl::count_partial(Connection& c) {
  const size_t held = c.large || c.in.capacity() <= kKeptBuffer ? 0 : c.in.capacity();
  if (partial_.resize(c.partial, c.peer, holder_of(c), held)) return true;
  budget_refusals_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

MemoryBudget::Holder Front::Impl::holder_of(const Connection& c) {
  return c.is_exempt ? MemoryBudget::Holder::many : MemoryBudget::Holder::client;
}

Front::Impl::Next Front::Impl::take_head(Connection& c) {
  const SteadyTime now = clock_.steady_now();
  // RFC 9112 section 2.2: an empty line before the request is passed over.
  size_t empty = 0;
  while (c.in.compare(empty, 2, "\r\n") == 0)
    empty += 2;
  c.drop_input(empty);  // at once: one by one, a flood would cost quadratic time
  // Half of such a line does not begin a request either: its second half would renew the idle time
  // forever.
  if (c.in.empty() || c.in == "\r") {
    if (is_draining_) return Next::close;
    c.give_back_input();
    if (c.phase() != Phase::idle) c.enter(Phase::idle, now, options_.server.idle_timeout);
    return Next::wait_read;
  }
  // The deadline runs from the first byte, however slowly the others come.
  if (c.phase() == Phase::idle) c.enter(Phase::head, now, options_.server.header_timeout);
  const HeadResult& result = c.head.read(c.in, options_.server.max_header);
  if (result.parsed == Parsed::incomplete) return Next::wait_read;
  if (result.parsed == Parsed::refused) return refuse(c, result.status, result.reason);
  if (c.max_body == 0) {
    const Next next = bound_body(c, result.head);
    if (next != Next::again) return next;
    // The buffer may be in another place.
    c.head.read(c.in, options_.server.max_header);
  }
  if (c.head.head().is_chunked && !c.chunks) c.chunks.emplace(c.max_body);
  return Next::again;
}

// Sets the maximum length of the body, once per request, and reserves the memory for a large one.
Front::Impl::Next Front::Impl::bound_body(Connection& c, const Head& head) {
  const bool may_be_large = head.is_chunked || head.content_length > options_.server.max_body;
  const size_t limit = may_be_large && c.role != Role::redirect ? app_.body_limit(head) : 0;
  c.max_body = std::max(limit, options_.server.max_body);
  if (!head.is_chunked && head.content_length <= c.max_body)
    c.expected = head.bytes + static_cast<size_t>(head.content_length);
  if (head.content_length > c.max_body) return refuse(c, 413, "the body is too long");
  if (!may_be_large || c.max_body == options_.server.max_body) return Next::again;
  const size_t length = head.is_chunked ? c.max_body : static_cast<size_t>(head.content_length);
  c.large = large_.take(app_.client_of(head, c.peer), length);
  if (!c.large) return refuse(c, 503, "too many large bodies are on their way; try again soon");
  if (!head.is_chunked) c.in.reserve(head.bytes + length);
  return Next::again;
}

Front::Impl::Next Front::Impl::take_body(Connection& c) {
  const Head& head = c.head.head();
  if (c.chunks) {
    const ChunkedDecoder::State state = c.chunks->feed(c.in, head.bytes);
    if (state == ChunkedDecoder::State::malformed)
      return refuse(c, 400, "the chunks are malformed");
    if (state == ChunkedDecoder::State::too_large) return refuse(c, 413, "the body is too long");
    if (state == ChunkedDecoder::State::done) return Next::again;
  } else if (c.in.size() - head.bytes >= head.content_length) {
    return Next::again;
  }
  if (c.phase() == Phase::body) return Next::wait_read;
  c.enter(Phase::body, clock_.steady_now(), options_.server.body_timeout);
  if (!head.expects_continue || c.in.size() > head.bytes) return Next::wait_read;
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
  if (c.role != Role::redirect)
    admission = app_.admit(c.head.head(), body_of(c, c.head.head()), c.peer, c.received);
  c.limited = admission.limited;
  c.may_park = admission.may_park;
  if (admission.lane == Lane::fast || admission.is_refused()) return answer(c, false);
  WaitingLane& threads = admission.lane == Lane::write ? *writes_ : *slow_;
  return threads.push(&c) ? Next::handed_over : answer(c, true);
}

Front::Impl::Next Front::Impl::answer(Connection& c, bool is_overloaded) {
  Exchange exchange;
  exchange.head = c.head.take();
  exchange.body = body_of(c, exchange.head);
  const size_t request_bytes = exchange.head.bytes + exchange.body.size();
  exchange.peer = c.peer;
  exchange.has_tls = c.has_tls();
  exchange.limited = c.limited;
  exchange.is_overloaded = is_overloaded;
  exchange.is_redirected = c.role == Role::redirect;
  exchange.received = c.received;
  exchange.may_park = c.may_park && !is_draining_ && parking_.has_place() && count_partial(c);
  // Asked before the handler looks, so that no news comes in between.
  const uint64_t seen = exchange.may_park && options_.state ? options_.state() : 0;
  const Gateway::Answer reply = gateway_.answer(exchange, c.out);
  if (reply.parked_until) return park(c, seen, *reply.parked_until);
  c.closes = reply.closes;
  c.fixed = reply.fixed;
  c.drop_input(request_bytes);
  c.chunks.reset();
  c.give_back_input();
  c.large = MemoryBudget::Share();
  c.partial = MemoryBudget::Share();
  c.expected = 0;
  c.max_body = 0;
  working_.fetch_sub(1);
  return flush(c);
}

// Its bytes stay where they are.
Front::Impl::Next Front::Impl::park(Connection& c, uint64_t seen, SteadyTime until) {
  const SteadyTime now = clock_.steady_now();
  c.enter(Phase::parked, now, Milliseconds(0));
  working_.fetch_sub(1);
  if (parking_.add(&c, seen, now, until)) return Next::handed_over;
  // Others have taken the last places since: it is asked again until there is one.
  return writes_->push(&c) ? Next::handed_over : Next::close;
}

Front::Impl::Next Front::Impl::answer_again(Connection& c) {
  c.head.read(c.in, options_.server.max_header);
  c.enter(Phase::working, clock_.steady_now(), Milliseconds(0));
  working_.fetch_add(1);
  return answer(c, false);
}

Front::Impl::Next Front::Impl::flush(Connection& c) {
  const Io io = c.write_some();
  if (io == Io::closed) return Next::close;
  if (io != Io::progress) {
    if (c.phase() != Phase::writing) {
      c.enter(Phase::writing, clock_.steady_now(), options_.server.write_timeout);
    }
    // Including requests that have arrived after this one.
    const size_t held = c.out.capacity() + c.in.capacity() + kKernelShare;
    if (!untaken_.resize(c.untaken, c.peer, holder_of(c), held)) {
      budget_refusals_.fetch_add(1, std::memory_order_relaxed);
      return Next::close;
    }
    return io == Io::wants_read ? Next::wait_read : Next::wait_write;
  }
  c.untaken = MemoryBudget::Share();
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
  c.enter(Phase::idle, clock_.steady_now(), options_.server.idle_timeout);
  // More requests may already be here, or inside TLS.
  return c.in.empty() && !c.has_tls() ? Next::wait_read : Next::again;
}

// There is no memory for a request. The connection's memory is freed, its peer gets a reply that
// needs none, and nothing more is read. Like a broken connection, this does not tell whether the
// request was carried out.
Front::Impl::Next Front::Impl::give_up(Connection& c) {
  // answer() itself counts down when it leaves this phase.
  if (c.phase() == Phase::working) working_.fetch_sub(1);
  // Sending allocates nothing, so a connection in a later phase already has its whole reply.
  const bool is_asked = c.phase() == Phase::idle || c.phase() == Phase::head ||
                        c.phase() == Phase::body || c.phase() == Phase::working;
  c.forget_request();
  c.forget_reply();
  log_.error("a request was given up", {{"cause", "out of memory"}});
  if (!is_asked || !c.send_at_once(OutOfMemoryReply(app_.make_request_id()).text())) {
    return Next::close;
  }
  c.finish_sending();
  c.lingers = true;
  c.enter(Phase::lingering, clock_.steady_now(), kLinger);
  return Next::wait_read;
}

// A request that cannot be parsed: the start of the next one is unknown as well, so the connection
// ends.
Front::Impl::Next Front::Impl::refuse(Connection& c, int status, std::string_view message) {
  log_.info("request refused",
            {{"status", status}, {"reason", message}, {"client", c.peer.to_string()}});
  append_refusal(c.out, status, message, app_.next_request_id());
  c.forget_request();
  c.closes = true;
  c.lingers = true;
  c.enter(Phase::writing, clock_.steady_now(), options_.server.write_timeout);
  return flush(c);
}

}  // namespace authd::http
