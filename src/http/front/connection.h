// One connection: its socket, the bytes received, the bytes still to be sent, and its deadline. One
// thread at a time serves it (epoll's one-shot events ensure that); only what the timer reads is
// atomic.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "http/app/rate_limiter.h"
#include "http/front/listener.h"
#include "http/front/memory_budget.h"
#include "http/front/tls.h"
#include "http/wire/arriving_head.h"
#include "http/wire/chunked.h"

namespace authd::http {

// What the connection is waiting for; each phase has its own deadline.
enum class Phase { handshake, idle, head, body, working, parked, writing, lingering };

enum class Io { progress, wants_read, wants_write, closed };

class Connection {
 public:
  Connection(UniqueFd fd, const IpAddress& peer, Role role, bool is_unix, const TlsContext& tls);

  // Reads what has arrived into `in`, until that holds `most` bytes.
  Io read_some(size_t most);
  // Sends the rest of `out`, and then `fixed`.
  Io write_some();
  Io handshake();
  // Sends a short text, bypassing `out`; false if it could not all be sent at once.
  bool send_at_once(std::string_view text);
  // Releases everything that belongs to the request that is being read or answered.
  void forget_request();
  // The same for the reply that is being sent.
  void forget_reply();
  // Removes this many bytes from the front of `in` and leaves no copy: they may be a password.
  void drop_input(size_t count);
  // Frees unused memory of `in` if there is much of it.
  void give_back_input();
  // Signals the end to the peer, which may still be sending.
  void finish_sending();

  int fd() const { return fd_.get(); }
  bool has_tls() const { return tls_.has_value(); }
  // Whether TLS holds decrypted bytes that have not been read yet.
  bool has_unread() const { return tls_ && tls_->has_unread(); }

  // Held while an event is armed, and taken once by the thread that gets the event. So everything
  // one thread did, including the arming, happens before the next thread begins. (The kernel orders
  // them too, but the language and its tools do not know that.)
  std::mutex arming;
  void take_over() { const std::lock_guard lock(arming); }

  // Moves to a phase that must be over in `allowed` (zero: no deadline).
  void enter(Phase next, SteadyTime now, Milliseconds allowed);
  Phase phase() const { return phase_.load(std::memory_order_relaxed); }
  bool is_overdue(SteadyTime now) const;

  const IpAddress peer;
  const Role role;
  const bool is_unix;
  bool is_exempt = false;       // a proxy or a unix socket, which speaks for many clients
  bool counts_address = false;  // in the limit per address
  // In the list of handshakes under way, while it is in there.
  std::optional<std::list<Connection*>::iterator> shaking;

  std::string in;       // from the first byte of the request that is being read
  size_t expected = 0;  // bytes of this request, head and body; 0: not known yet
  std::string out;
  std::string_view fixed;  // follows `out`; outlives the connection
  size_t sent = 0;         // of `out`
  bool closes = false;     // after `out` is sent
  bool lingers = false;    // and keeps reading for a while, so that the peer receives the reply

  // Its views lead into `in`, whose head stays untouched until the answer.
  ArrivingHead head;
  std::optional<ChunkedDecoder> chunks;
  MemoryBudget::Share large;    // held while a body beyond server.max_body is here
  MemoryBudget::Share partial;  // held while a smaller request has arrived in part
  MemoryBudget::Share untaken;  // held while the peer does not read its reply
  size_t max_body = 0;          // of the request that is being read; 0: not looked up yet
  std::optional<RateLimiter::Decision> limited;  // of the request that waits for its lane
  bool may_park = false;                         // the same: App::Admission::may_park
  SteadyTime received{};                         // when the request was complete
  std::atomic<bool> timed_out{false};  // set by the timer, which then shuts the reading side down
  std::atomic<uint64_t> moved{0};      // bytes read and sent
  // Of the registry alone, under its lock: how far it was when the server began to stop.
  uint64_t moved_before = 0;
  SteadyTime watched_since{};

 private:
  void append_input(const char* bytes, size_t count, size_t most);
  Io send(std::string_view text, size_t& count);

  UniqueFd fd_;
  std::optional<TlsSession> tls_;
  std::atomic<Phase> phase_{Phase::idle};
  std::atomic<SteadyTime::rep> deadline_{0};  // 0: none
};

}  // namespace authd::http
