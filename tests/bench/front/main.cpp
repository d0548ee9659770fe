// The floor of `make bench`: a constant reply from our front or from cpp-httplib's own loop,
// without the work that the headers of a real reply would need.
//   bench_front front|httplib PORT
#include <httplib.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "config/reading/keys.h"
#include "http/front/front.h"

namespace {

constexpr const char* kBody = "{\"ok\":true}";

void wait_for_end() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  int signal = 0;
  sigwait(&set, &signal);
}

int run_front(uint16_t port) {
  using namespace authd;
  http::FrontOptions options(config::defaults());
  config::Listen listen;
  listen.host = "127.0.0.1";
  listen.port = port;
  options.server.listen = {listen};
  options.server.workers = 8;
  options.server.max_connections_per_address = 0;
  options.policy.rate_limit.enabled = false;
  // Also by POST, for rows whose request has a body.
  std::vector<http::Route> routes;
  for (const http::Method method : {http::Method::get, http::Method::post}) {
    routes.push_back({method, "/", http::Limit::none, http::Lane::fast, {}});
    routes.back().handler = [](const http::Request&) -> Result<http::Reply> {
      http::Reply reply;
      reply.body = kBody;
      reply.content_type = "application/json";
      return reply;
    };
  }
  const SystemClock clock;
  SystemRandom random;
  http::Metrics metrics;
  http::Front front(options, std::move(routes), null_log(), clock, random, metrics);
  if (const auto started = front.open(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  front.start();
  wait_for_end();
  return 0;
}

int run_httplib(uint16_t port) {
  httplib::Server server;
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_tcp_nodelay(true);
  // Its loop needs one thread per connection: with fewer, the other connections starve.
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.Get("/", [](const httplib::Request&, httplib::Response& res) {
    res.set_content(kBody, "application/json");
  });
  std::thread stopper([&] {
    wait_for_end();
    server.stop();
  });
  server.listen("127.0.0.1", port);
  stopper.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "bench_front front|httplib PORT\n");
    return 2;
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const auto port = static_cast<uint16_t>(std::stoi(argv[2]));
  return std::string(argv[1]) == "front" ? run_front(port) : run_httplib(port);
}
