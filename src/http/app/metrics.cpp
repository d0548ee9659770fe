#include "http/app/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace authd::http {
namespace {

// Every status that this server sends; any other counts as the last one.
constexpr std::array kKnownStatuses = {200, 201, 202, 204, 206, 302, 303, 304, 308, 400, 401,
                                       403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415,
                                       416, 417, 421, 422, 429, 431, 500, 501, 503, 505, 0};

size_t status_index(int status) {
  const auto it = std::find(kKnownStatuses.begin(), kKnownStatuses.end(), status);
  return it == kKnownStatuses.end() ? kKnownStatuses.size() - 1
                                    : static_cast<size_t>(it - kKnownStatuses.begin());
}

std::string number(double value) {
  if (std::isinf(value)) return "+Inf";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out += "# HELP " + std::string(name) + " " + std::string(help) + "\n";
  out += "# TYPE " + std::string(name) + " " + std::string(type) + "\n";
}

void line(std::string& out, std::string_view name, std::string_view labels,
          std::string_view value) {
  out += name;
  if (!labels.empty()) out += "{" + std::string(labels) + "}";
  out += " " + std::string(value) + "\n";
}

std::string joined(std::string_view labels, const std::string& more) {
  return labels.empty() ? more : std::string(labels) + "," + more;
}

// Cumulative buckets, sum and count of one histogram.
void histogram(std::string& out, const std::string& name, std::string_view labels,
               const Metrics::Buckets& buckets) {
  uint64_t total = 0;
  for (const auto& [bound, count] : buckets.counts) {
    total += count;
    if (std::isinf(bound)) continue;
    line(out, name + "_bucket", joined(labels, "le=\"" + number(bound) + "\""),
         std::to_string(total));
  }
  line(out, name + "_bucket", joined(labels, "le=\"+Inf\""), std::to_string(total));
  line(out, name + "_sum", labels, number(buckets.sum));
  line(out, name + "_count", labels, std::to_string(total));
}

}  // namespace

void Metrics::set_routes(const std::vector<Route>& routes) {
  static_assert(kKnownStatuses.size() <= std::tuple_size_v<decltype(Slot::statuses)>);
  first_ = routes.data();
  slots_.clear();
  for (const Route& route : routes) {
    slots_.emplace_back().labels =
        "method=\"" + std::string(name(route.method)) + "\",route=\"" + route.pattern + "\"";
  }
  slots_.emplace_back().labels = "method=\"\",route=\"\"";
}

void Metrics::record(const Route* route, int status, std::chrono::nanoseconds took) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Slot& slot = route == nullptr ? slots_.back() : slots_[static_cast<size_t>(route - first_)];
  slot.statuses[status_index(status)].fetch_add(1, kRelaxed);
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), seconds);
  slot.latencies[static_cast<size_t>(bucket - kLatencyBounds.begin())].fetch_add(1, kRelaxed);
  slot.nanoseconds.fetch_add(static_cast<uint64_t>(took.count()), kRelaxed);
}

void Metrics::add(Type type, std::string name, std::string help, std::string labels,
                  std::function<double()> value) {
  series_.push_back({type, std::move(name), std::move(help), std::move(labels), std::move(value)});
}

void Metrics::add_histogram(std::string name, std::string help, std::function<Buckets()> value) {
  histograms_.push_back({std::move(name), std::move(help), std::move(value)});
}

void Metrics::render_requests(std::string& out) const {
  head(out, "authd_http_requests_total", "Requests by route and status.", "counter");
  for (const Slot& slot : slots_) {
    for (size_t i = 0; i < kKnownStatuses.size(); ++i) {
      const uint32_t count = slot.statuses[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      line(out, "authd_http_requests_total",
           slot.labels + ",status=\"" + std::to_string(kKnownStatuses[i]) + "\"",
           std::to_string(count));
    }
  }
  head(out, "authd_http_request_duration_seconds", "Time from a complete request to its reply.",
       "histogram");
  for (const Slot& slot : slots_) {
    Buckets buckets;
    uint64_t total = 0;
    for (size_t i = 0; i <= kLatencyBounds.size(); ++i) {
      const uint64_t count = slot.latencies[i].load(std::memory_order_relaxed);
      buckets.counts.emplace_back(i < kLatencyBounds.size() ? kLatencyBounds[i] : INFINITY, count);
      total += count;
    }
    if (total == 0) continue;
    buckets.sum = static_cast<double>(slot.nanoseconds.load(std::memory_order_relaxed)) / 1e9;
    histogram(out, "authd_http_request_duration_seconds", slot.labels, buckets);
  }
}

std::string Metrics::render() const {
  std::string out;
  render_requests(out);
  std::string_view last;
  for (const Series& series : series_) {
    if (series.name != last) {
      head(out, series.name, series.help, series.type == Type::counter ? "counter" : "gauge");
    }
    last = series.name;
    line(out, series.name, series.labels, number(series.value()));
  }
  for (const Histogram& one : histograms_) {
    head(out, one.name, one.help, "histogram");
    histogram(out, one.name, "", one.value());
  }
  return out;
}

}  // namespace authd::http
