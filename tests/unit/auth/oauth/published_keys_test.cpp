#include "auth/oauth/memory/published_keys.h"

#include <atomic>
#include <condition_variable>
#include <thread>

#include "auth/oauth/memory/memory.h"
#include "support/client_signer.h"

namespace authd::auth {
namespace {

using test::ClientSigner;

const KeySource kSource{"https://app.example/jwks.json", false, fetch::Reach::any};

struct Publisher {
  Publisher() {
    t.remote.answer = [this](const fetch::Request& request) { return answer(request); };
  }

  Result<fetch::Reply> answer(const fetch::Request& request) {
    asked.push_back(request.url);
    last = request;
    if (is_down) return Error{ErrorCode::unavailable, "connection refused"};
    const auto found = pages.find(request.url);
    if (found == pages.end()) return fetch::Reply{404, ""};
    return fetch::Reply{200, found->second};
  }
  Result<PublishedKeys::Set> find(const ClientSigner& signer, const KeySource& source = kSource) {
    return t.oauth.keys.set_for(source, crypto::parse_compact(signer.sign({})).value());
  }

  test::Instance t{test::with_issuer()};
  std::map<std::string, std::string> pages;
  std::vector<std::string> asked;
  fetch::Request last;
  bool is_down = false;
};

TEST_CASE("a key set is fetched once, and again after an hour") {
  Publisher p;
  const ClientSigner signer(p.t);
  p.pages[kSource.url] = signer.jwks();
  REQUIRE(p.find(signer));
  REQUIRE(p.find(signer));
  CHECK(p.asked.size() == 1);
  CHECK(p.last.reach == fetch::Reach::any);
  p.t.clock.advance(kCopyLife);
  const auto set = p.find(signer);
  REQUIRE(set);
  CHECK(**set == signer.jwks());
  CHECK(p.asked.size() == 2);
}

TEST_CASE("an unknown key makes it fetched again, at most once a minute") {
  Publisher p;
  const ClientSigner signer(p.t);
  const ClientSigner next(p.t);
  p.pages[kSource.url] = signer.jwks();
  REQUIRE(p.find(signer));
  p.pages[kSource.url] = next.jwks();
  const auto set = p.find(next);
  REQUIRE(set);
  CHECK(**set == next.jwks());
  CHECK(p.asked.size() == 2);
  for (int i = 0; i < 10; ++i)
    REQUIRE(p.find(signer));
  CHECK(p.asked.size() == 2);
  p.t.clock.advance(kRefetchPause);
  REQUIRE(p.find(signer));
  CHECK(p.asked.size() == 3);
}

TEST_CASE("a server that fails is left alone for a while") {
  Publisher p;
  const ClientSigner signer(p.t);
  p.is_down = true;
  for (int i = 0; i < 10; ++i) {
    const auto set = p.find(signer);
    REQUIRE_FALSE(set);
    CHECK(set.error().code == ErrorCode::unavailable);
  }
  CHECK(p.asked.size() == 1);
  p.is_down = false;
  p.pages[kSource.url] = signer.jwks();
  p.t.clock.advance(kKeySetFailurePause);
  CHECK(p.find(signer));
}

TEST_CASE("a copy that is not too old stays good while its server fails") {
  Publisher p;
  const ClientSigner signer(p.t);
  const ClientSigner stranger(p.t);
  p.pages[kSource.url] = signer.jwks();
  REQUIRE(p.find(signer));
  p.is_down = true;
  REQUIRE(p.find(stranger));
  CHECK(p.find(signer));
  p.t.clock.advance(kCopyLife);
  CHECK_FALSE(p.find(signer));
}

TEST_CASE("what is no key set is no answer") {
  Publisher p;
  const ClientSigner signer(p.t);
  for (const std::string& page :
       {std::string(), std::string("<html>"), std::string("{}"),
        "{\"keys\":[],\"x\":\"" + std::string(kMaxKeySources * 400, 'x') + "\"}"}) {
    p.pages[kSource.url] = page;
    CHECK_FALSE(p.find(signer));
    p.t.clock.advance(kKeySetFailurePause);
  }
}

TEST_CASE("an address of a stranger reaches only what strangers may reach") {
  Publisher p;
  const ClientSigner signer(p.t);
  p.pages[kSource.url] = signer.jwks();
  REQUIRE(p.find(signer));
  KeySource stranger = kSource;
  stranger.reach = fetch::Reach::public_only;
  REQUIRE(p.find(signer, stranger));
  CHECK(p.asked.size() == 2);  // not what was fetched for the other
  CHECK(p.last.reach == fetch::Reach::public_only);
}

TEST_CASE("the keys of an issuer are where its discovery document says") {
  Publisher p;
  const ClientSigner signer(p.t);
  const KeySource issuer{"https://ci.example/", true, fetch::Reach::any};
  const std::string document = "https://ci.example/.well-known/openid-configuration";
  p.pages["https://keys.example/set"] = signer.jwks();
  p.pages[document] = R"({"issuer":"https://ci.example/","jwks_uri":"https://keys.example/set"})";
  const auto set = p.find(signer, issuer);
  REQUIRE(set);
  CHECK(**set == signer.jwks());
  for (const char* text :
       {R"({"issuer":"https://other.example/","jwks_uri":"https://keys.example/set"})",
        R"({"issuer":"https://ci.example/","jwks_uri":"http://127.0.0.1/set"})",
        R"({"issuer":"https://ci.example/"})", "x"}) {
    p.t.clock.advance(kCopyLife);
    p.pages[document] = text;
    CHECK_FALSE(p.find(signer, issuer));
  }
}

TEST_CASE("the longest unused of too many sets gives way") {
  Publisher p;
  const ClientSigner signer(p.t);
  const auto source = [](size_t i) {
    return KeySource{"https://a" + std::to_string(i) + ".example/", false, fetch::Reach::any};
  };
  for (size_t i = 0; i <= kMaxKeySources; ++i) {
    p.t.clock.advance(Milliseconds(1));
    p.pages[source(i).url] = signer.jwks();
    REQUIRE(p.find(signer, source(i)));
  }
  const size_t before = p.asked.size();
  REQUIRE(p.find(signer, source(1)));
  CHECK(p.asked.size() == before);
  REQUIRE(p.find(signer, source(0)));
  CHECK(p.asked.size() == before + 1);
}

// Servers that answer once they may, to threads of their own.
struct SlowServers : Publisher {
  SlowServers() {
    t.remote.answer = [this](const fetch::Request&) -> Result<fetch::Reply> {
      requests += 1;
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return may_answer; });
      return fetch::Reply{200, signer.jwks()};
    };
  }
  ~SlowServers() { answer_all(); }

  void ask_beside(const KeySource& source = kSource) {
    threads.emplace_back([this, source] {
      const auto set = find(signer, source);
      if (set) {
        found += 1;
      } else if (set.error().code == ErrorCode::busy) {
        busy += 1;
      }
    });
  }
  bool is_busy(const KeySource& source) {
    const auto set = find(signer, source);
    return !set && set.error().code == ErrorCode::busy;
  }
  // Until as many requests are under way, or somebody was refused.
  void wait_for_requests(int count) const {
    while (requests < count && busy == 0)
      std::this_thread::yield();
  }
  void answer_all() {
    {
      const std::lock_guard lock(mutex);
      may_answer = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads)
      thread.join();
    threads.clear();
  }

  const ClientSigner signer{t};
  std::mutex mutex;
  std::condition_variable changed;
  bool may_answer = false;
  std::atomic<int> requests = 0;
  std::atomic<int> busy = 0;
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
};

KeySource at_host(int number, fetch::Reach reach) {
  return {"https://a" + std::to_string(number) + ".example/jwks.json", false, reach};
}

TEST_CASE("few threads wait for a set of an administrator, and one request serves them all") {
  SlowServers s;
  constexpr int kMore = 3;
  for (int i = 0; i < kMaxKeySetWaits + kMore; ++i)
    s.ask_beside();
  while (s.busy < kMore)
    std::this_thread::yield();
  s.answer_all();
  CHECK(s.found == kMaxKeySetWaits);
  CHECK(s.busy == kMore);
  CHECK(s.requests == 1);
}

TEST_CASE("whoever waits for one slow server takes one place, and no other") {
  SlowServers s;
  for (int i = 0; i < kMaxKeySetWaits; ++i)
    s.ask_beside(at_host(0, fetch::Reach::any));
  s.wait_for_requests(1);
  for (int i = 1; i < kMaxKeySetFetches; ++i)
    s.ask_beside(at_host(i, fetch::Reach::any));
  s.wait_for_requests(kMaxKeySetFetches);
  CHECK(s.is_busy(at_host(100, fetch::Reach::any)));
  s.answer_all();
  CHECK(s.found == kMaxKeySetWaits + kMaxKeySetFetches - 1);
  CHECK(s.busy == 0);
}

TEST_CASE("nobody waits for a slow server of a stranger but the one who asks it") {
  SlowServers s;
  s.ask_beside(at_host(0, fetch::Reach::public_only));
  s.wait_for_requests(1);
  CHECK(s.is_busy(at_host(0, fetch::Reach::public_only)));
  s.answer_all();
  CHECK(s.found == 1);
}

TEST_CASE("what strangers fill, the clients of administrators do not miss") {
  SECTION("places") {
    SlowServers s;
    for (int i = 0; i < kMaxKeySetFetches; ++i)
      s.ask_beside(at_host(i, fetch::Reach::public_only));
    s.wait_for_requests(kMaxKeySetFetches);
    CHECK(s.is_busy(at_host(100, fetch::Reach::public_only)));
    CHECK(s.busy == 0);
    s.ask_beside(at_host(100, fetch::Reach::any));
    s.wait_for_requests(kMaxKeySetFetches + 1);
    s.answer_all();
    CHECK(s.found == kMaxKeySetFetches + 1);
  }
  SECTION("copies") {
    Publisher p;
    const ClientSigner signer(p.t);
    p.pages[kSource.url] = signer.jwks();
    REQUIRE(p.find(signer));
    for (int i = 0; i <= static_cast<int>(kMaxKeySources); ++i) {
      const KeySource source = at_host(i, fetch::Reach::public_only);
      p.t.clock.advance(Milliseconds(1));
      p.pages[source.url] = signer.jwks();
      REQUIRE(p.find(signer, source));
    }
    const size_t before = p.asked.size();
    REQUIRE(p.find(signer));
    CHECK(p.asked.size() == before);
  }
}

}  // namespace
}  // namespace authd::auth
