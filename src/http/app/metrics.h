// The metrics, in the text format of Prometheus (0.0.4). Labels come only from fixed sets (route
// patterns, methods, status codes), so no client can make the number of series grow.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/app/router.h"

namespace authd::http {

// Upper bounds in seconds of the latency buckets.
inline constexpr std::array kLatencyBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                              0.1,    0.25,  0.5,    1.0,   2.5,  5.0};

// Thread-safe; recording a request is a handful of relaxed additions.
class Metrics {
 public:
  // One slot per route, and one for requests that matched none. Called once, before the first
  // record().
  void set_routes(const std::vector<Route>& routes);

  // `route` is an element of the vector given to set_routes, or null.
  void record(const Route* route, int status, std::chrono::nanoseconds took);

  // A series whose value is read when the page is rendered. `labels` is "" or `outcome="ok"`.
  // Registered before the front starts.
  enum class Type { counter, gauge };
  void add(Type type, std::string name, std::string help, std::string labels,
           std::function<double()> value);

  // A histogram whose buckets are read when the page is rendered: (upper bound, count) pairs, and
  // count and sum.
  struct Buckets {
    std::vector<std::pair<double, uint64_t>> counts;  // not cumulative, last bound may be infinite
    double sum = 0;
  };
  void add_histogram(std::string name, std::string help, std::function<Buckets()> value);

  std::string render() const;

 private:
  struct Slot {
    std::string labels;                                // method="GET",route="/health"
    std::array<std::atomic<uint32_t>, 64> statuses{};  // by index in kKnownStatuses
    std::array<std::atomic<uint64_t>, kLatencyBounds.size() + 1> latencies{};
    std::atomic<uint64_t> nanoseconds{0};
  };
  struct Series {
    Type type;
    std::string name;
    std::string help;
    std::string labels;
    std::function<double()> value;
  };
  struct Histogram {
    std::string name;
    std::string help;
    std::function<Buckets()> value;
  };

  void render_requests(std::string& out) const;

  const Route* first_ = nullptr;
  std::deque<Slot> slots_;
  std::vector<Series> series_;
  std::vector<Histogram> histograms_;
};

}  // namespace authd::http
