// The parts of the front; only front_impl.cpp and front_serve.cpp include this.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/app/app.h"
#include "http/front/front.h"
#include "http/front/gateway.h"
#include "http/front/parking.h"
#include "http/front/registry.h"
#include "http/front/waiting_lane.h"

namespace authd::http {

class Front::Impl {
 public:
  Impl(FrontOptions options, std::vector<Route> routes, Log& log, const Clock& clock,
       Random& random, Metrics& metrics)
      : options_(std::move(options)),
        log_(log),
        clock_(clock),
        app_(Router(std::move(routes)), options_, log, clock, random, metrics),
        gateway_(app_, is_draining_),
        large_(options_.max_large_bodies),
        partial_(options_.max_partial(), kClientPart),
        untaken_(options_.max_untaken, kClientPart),
        parking_(options_.max_parked),
        registry_({options_.server.max_connections, options_.server.max_connections_per_address,
                   options_.max_handshakes}) {}

  ~Impl() { drain(Milliseconds(0)); }

  Result<void> open();
  void start();
  std::vector<std::string> addresses() const;
  Result<void> reload(const Policy& policy);
  void drain(Milliseconds patience);
  FrontStats stats() const;
  Progress progress() const;

 private:
  // One client gets this part of the memory for incomplete requests and unread replies.
  static constexpr size_t kClientPart = 8;

  void work(std::atomic<uint64_t>& turns);
  void tick();
  void give_back_memory();
  void reserve_for_exempt();
  void on_listener(Listener& listener);
  void arm_listener(Listener& listener);
  void pause_accepting(int error_number);
  void admit(UniqueFd fd, const IpAddress& peer, const Listener& listener);
  void on_connection(Connection* c);

  // What the connection does next.
  enum class Next { again, wait_read, wait_write, handed_over, close };
  Next step(Connection& c);
  Next shake_hands(Connection& c);
  Next take_request(Connection& c);
  Next take_head(Connection& c);
  Next bound_body(Connection& c, const Head& head);
  Next take_body(Connection& c);
  Next hold_partial(Connection& c);
  bool count_partial(Connection& c);
  Next dispatch(Connection& c);
  Next answer(Connection& c, bool is_overloaded);
  Next answer_again(Connection& c);
  Next park(Connection& c, uint64_t seen, SteadyTime until);
  void end_parking();
  Next flush(Connection& c);
  Next refuse(Connection& c, int status, std::string_view message);
  Next read_more(Connection& c);
  void serve(Connection* c);
  void serve_handshake(Connection* c);
  static MemoryBudget::Holder holder_of(const Connection& c);
  template <typename First>
  void carry_on(Connection* c, First first);
  Next give_up(Connection& c);
  void arm(Connection& c, uint32_t events);

  const FrontOptions options_;
  Log& log_;
  const Clock& clock_;
  std::atomic<bool> is_draining_{false};
  App app_;
  Gateway gateway_;
  MemoryBudget large_;    // bodies beyond max_body
  MemoryBudget partial_;  // other incomplete requests
  MemoryBudget untaken_;  // replies that their clients do not read
  Parking parking_;
  Registry registry_;
  std::vector<Listener> listeners_;
  mutable std::mutex policy_mutex_;
  TlsContext tls_;
  std::vector<Network> trusted_;
  UniqueFd epoll_;
  UniqueFd end_;  // an eventfd that is readable when the threads must end
  std::unique_ptr<WaitingLane> writes_;
  std::unique_ptr<WaitingLane> slow_;
  std::unique_ptr<WaitingLane> handshakes_;  // null without TLS
  std::vector<std::thread> threads_;
  std::vector<std::atomic<uint64_t>> turns_;  // Progress::turns
  std::atomic<uint64_t> ticks_{0};
  std::atomic<bool> accept_paused_{false};
  std::atomic<size_t> accepting_{0};
  std::atomic<size_t> working_{0};
  std::atomic<uint64_t> tls_failures_{0};
  std::atomic<uint64_t> budget_refusals_{0};
  size_t most_connections_ = 0;  // since memory was returned; used only by the ticking thread
};

}  // namespace authd::http
