#include "http/app/metrics.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

using namespace authd;
using namespace authd::http;

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Route route(Method method, std::string pattern) {
  return Route{method, std::move(pattern), Limit::standard, Lane::fast, nullptr};
}

struct Page {
  std::vector<Route> routes = {route(Method::get, "/health"), route(Method::del, "/users/:id")};
  Metrics metrics;

  Page() { metrics.set_routes(routes); }

  // The value of a series, named as on the page; "-" if it is absent.
  std::string value(const std::string& series) const {
    std::istringstream lines(metrics.render());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    }
    return "-";
  }
  std::string count(const std::string& labels) const {
    return value("authd_http_requests_total{" + labels + "}");
  }
  std::string health(const std::string& part, const std::string& more = "") const {
    return value("authd_http_request_duration_seconds_" + part +
                 "{method=\"GET\",route=\"/health\"" + more + "}");
  }
  // The bucket of /health up to a bound, in whatever notation.
  std::string bucket(double bound) const {
    static const std::regex line(R"re(.*_bucket\{.*"/health",le="([0-9.e-]+)"\} (.*))re");
    std::istringstream lines(metrics.render());
    std::smatch match;
    for (std::string text; std::getline(lines, text);) {
      if (std::regex_match(text, match, line) && std::stod(match[1]) == bound) return match[2];
    }
    return "-";
  }
};

const std::string kNone = R"(method="",route="")";

// The grammar of the text format (Prometheus exposition format 0.0.4), and its order: HELP and TYPE
// once, before the series of their family, which are contiguous; no series twice.
void check_format(const std::string& page) {
  static const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
  static const std::regex sample(
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? (\+Inf|-?[0-9][0-9.e+-]*))re");
  REQUIRE(page.ends_with('\n'));
  std::set<std::string> helped;
  std::set<std::string> typed;
  std::set<std::string> series;
  std::string family;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      family = match[2];
      CHECK((match[1] == "HELP" ? helped : typed).insert(family).second);
      continue;
    }
    REQUIRE(std::regex_match(line, match, sample));
    CHECK(typed.contains(family));
    CHECK(match[1].str().starts_with(family));
    CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
  }
  CHECK(helped == typed);
}

}  // namespace

TEST_CASE("requests are counted by route, method and status") {
  Page page;
  page.metrics.record(&page.routes[0], 200, milliseconds(1));
  page.metrics.record(&page.routes[0], 200, milliseconds(1));
  page.metrics.record(&page.routes[0], 503, milliseconds(1));
  page.metrics.record(&page.routes[1], 204, milliseconds(1));
  page.metrics.record(nullptr, 404, milliseconds(1));
  CHECK(page.count(R"(method="GET",route="/health",status="200")") == "2");
  CHECK(page.count(R"(method="GET",route="/health",status="503")") == "1");
  CHECK(page.count(R"(method="DELETE",route="/users/:id",status="204")") == "1");
  CHECK(page.count(kNone + R"(,status="404")") == "1");
  check_format(page.metrics.render());
}

TEST_CASE("what was never asked for has no line") {
  const Page page;
  const std::string text = page.metrics.render();
  CHECK(text.find("/health") == std::string::npos);
  CHECK(text.find("# TYPE authd_http_requests_total counter\n") != std::string::npos);
  CHECK(text.find("# TYPE authd_http_request_duration_seconds histogram\n") != std::string::npos);
  check_format(text);
}

TEST_CASE("statuses that nobody sends make no series of their own") {
  Page page;
  for (int status = 600; status < 5000; ++status)
    page.metrics.record(nullptr, status, milliseconds(1));
  page.metrics.record(nullptr, -1, milliseconds(1));
  page.metrics.record(nullptr, 0, milliseconds(1));
  CHECK(page.count(kNone + R"(,status="0")") == "4402");
  const std::string text = page.metrics.render();
  CHECK(std::count(text.begin(), text.end(), '\n') < 30);
}

TEST_CASE("the buckets of a histogram are cumulative, their bounds inclusive") {
  Page page;
  const Route* health = &page.routes[0];
  for (const auto took : {microseconds(0), microseconds(500), microseconds(501), microseconds(1000),
                          microseconds(100'000), microseconds(5'000'000), microseconds(5'000'001)})
    page.metrics.record(health, 200, took);
  CHECK(page.bucket(0.0005) == "2");
  CHECK(page.bucket(0.001) == "4");
  CHECK(page.bucket(0.05) == "4");
  CHECK(page.bucket(0.1) == "5");
  CHECK(page.bucket(2.5) == "5");
  CHECK(page.bucket(5) == "6");
  CHECK(page.health("bucket", R"(,le="+Inf")") == "7");
  CHECK(page.health("count") == "7");
  CHECK(std::stod(page.health("sum")) == Approx(10.102002));
  check_format(page.metrics.render());
}

TEST_CASE("series of one name stand under one head") {
  Page page;
  using Type = Metrics::Type;
  page.metrics.add(Type::counter, "authd_logins_total", "Logins.", "outcome=\"ok\"",
                   [] { return 3.0; });
  page.metrics.add(Type::counter, "authd_logins_total", "Logins.", "outcome=\"bad\"",
                   [] { return 0.0; });
  page.metrics.add(Type::gauge, "authd_open", "Open connections.", "", [] { return 0.25; });
  const std::string text = page.metrics.render();
  CHECK(text.find("# HELP authd_logins_total Logins.\n"
                  "# TYPE authd_logins_total counter\n"
                  "authd_logins_total{outcome=\"ok\"} 3\n"
                  "authd_logins_total{outcome=\"bad\"} 0\n") != std::string::npos);
  CHECK(text.find("# TYPE authd_open gauge\nauthd_open 0.25\n") != std::string::npos);
  check_format(text);
}

TEST_CASE("a value is asked for when the page is made") {
  Page page;
  double now = 1;
  page.metrics.add(Metrics::Type::gauge, "authd_now", "Now.", "", [&] { return now; });
  CHECK(page.value("authd_now") == "1");
  now = 123456789012;
  CHECK(std::stod(page.value("authd_now")) == now);
  now = INFINITY;
  CHECK(page.value("authd_now") == "+Inf");
  check_format(page.metrics.render());
}

TEST_CASE("a histogram from elsewhere is cumulative too, with or without a last bound") {
  for (const bool has_last : {true, false}) {
    Page page;
    page.metrics.add_histogram("authd_group", "Writers in a commit.", [&] {
      Metrics::Buckets buckets{{{1, 5}, {2, 0}, {4, 7}}, 40.5};
      if (has_last) buckets.counts.emplace_back(INFINITY, 2);
      return buckets;
    });
    const std::string total = has_last ? "14" : "12";
    CHECK(page.value("authd_group_bucket{le=\"1\"}") == "5");
    CHECK(page.value("authd_group_bucket{le=\"2\"}") == "5");
    CHECK(page.value("authd_group_bucket{le=\"4\"}") == "12");
    CHECK(page.value("authd_group_bucket{le=\"+Inf\"}") == total);
    CHECK(page.value("authd_group_count") == total);
    CHECK(page.value("authd_group_sum") == "40.5");
    check_format(page.metrics.render());
  }
}

TEST_CASE("threads lose no count") {
  Page page;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i)
        page.metrics.record(&page.routes[0], 200, milliseconds(1));
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(page.count(R"(method="GET",route="/health",status="200")") == "40000");
  CHECK(page.health("count") == "40000");
}
