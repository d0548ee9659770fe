// A name server that does not answer. It takes the place of the system's lookups in this program.
#include <dlfcn.h>
#include <netdb.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "fetch/client.h"

namespace {

struct NameServer {
  std::mutex mutex;
  std::condition_variable changed;
  int asked = 0;
  int waiting = 0;  // of those
  bool answers = false;
};

// Lookups may go on after the test.
NameServer& name_server() {
  static auto* const server = new NameServer;
  return *server;
}

constexpr std::string_view kSilent = "silent.example";
constexpr std::chrono::seconds kAtMost{10};  // so that a test that fails comes to an end

int wait_in_vain() {
  NameServer& server = name_server();
  std::unique_lock lock(server.mutex);
  server.asked += 1;
  server.waiting += 1;
  server.changed.notify_all();
  server.changed.wait_for(lock, kAtMost, [&] { return server.answers; });
  server.waiting -= 1;
  server.changed.notify_all();
  return EAI_AGAIN;
}

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  if (name != nullptr && name == kSilent) return wait_in_vain();
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, found);
}

namespace authd::fetch {
namespace {

TEST_CASE("a silent name server holds nobody for longer than the request may take") {
  HttpsClient client;
  Request request;
  request.url = "https://" + std::string(kSilent) + "/";
  request.timeout = Milliseconds(100);
  const Result<Reply> reply = client.send(request);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::unavailable);
  NameServer& server = name_server();
  std::unique_lock lock(server.mutex);
  REQUIRE(server.changed.wait_for(lock, kAtMost, [&] { return server.asked > 0; }));
  CHECK(server.waiting == 1);  // The lookup still waits, and the caller does not.
  server.answers = true;
  server.changed.notify_all();
  CHECK(server.changed.wait_for(lock, kAtMost, [&] { return server.waiting == 0; }));
}

}  // namespace
}  // namespace authd::fetch
