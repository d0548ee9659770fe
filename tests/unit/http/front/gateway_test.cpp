#include "http/front/gateway.h"

#include <catch2/catch.hpp>
#include <new>

#include "base/json.h"
#include "config/reading/keys.h"
#include "support/manual_clock.h"

using namespace authd;
using namespace authd::http;

namespace {

// Replies with the requested path and its parameter.
Route echo(Method method, std::string pattern, Lane lane) {
  return Route{method, std::move(pattern), Limit::none, lane,
               [](const Request& request) -> Result<Reply> {
                 std::string text(request.path);
                 for (const auto& [key, value] : request.params)
                   text += " " + std::string(key) + "=" + std::string(value);
                 return Reply::text(200, text);
               }};
}

const std::string kLarge(100'000, 'x');
const std::string kSmall(100, 'y');

// Replies with a body that is stored elsewhere.
Route stored(std::string pattern, const std::string& text) {
  return Route{Method::get, std::move(pattern), Limit::none, Lane::fast,
               [&text](const Request& request) -> Result<Reply> {
                 Reply reply = Reply::text(200, "");
                 if (request.method == Method::head) {
                   reply.unmade = text.size();
                 } else {
                   reply.fixed = text;
                 }
                 return reply;
               }};
}

struct House {
  FrontOptions options{config::defaults()};
  test::ManualClock clock;
  SystemRandom random;
  Metrics metrics;
  App app{Router({echo(Method::get, "/fast", Lane::fast), echo(Method::post, "/login", Lane::slow),
                  echo(Method::del, "/users/:id", Lane::write),
                  echo(Method::get, "/users/:id", Lane::fast), stored("/large", kLarge),
                  stored("/small", kSmall)}),
          options,
          null_log(),
          clock,
          random,
          metrics};
  std::atomic<bool> is_draining{false};
  Gateway gateway{app, is_draining};

  static HeadResult read(const std::string& text) {
    size_t searched = 0;
    const HeadResult result = parse_head(text, searched, 32 * 1024);
    REQUIRE(result.parsed == Parsed::complete);
    return result;
  }

  // The whole reply to "GET /fast".
  std::string ask(const std::string& line) {
    const std::string text = line + " HTTP/1.1\r\nHost: x\r\n\r\n";
    Exchange exchange;
    exchange.head = read(text).head;
    std::string out;
    gateway.answer(exchange, out);
    return out;
  }

  Lane lane(const std::string& line) {
    const std::string text = line + " HTTP/1.1\r\nHost: x\r\n\r\n";
    return app.admit(read(text).head, {}, {}, clock.steady_now()).lane;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The body of a 200; the status line of anything else.
std::string answer(const std::string& reply) {
  const size_t end = reply.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return reply.starts_with("HTTP/1.1 200 ") ? reply.substr(end + 4)
                                            : reply.substr(0, reply.find("\r\n"));
}

}  // namespace

TEST_CASE("a path is decoded once before it is routed, an encoded slash included") {
  House house;
  CHECK(answer(house.ask("GET /fast")) == "/fast");
  CHECK(answer(house.ask("GET /fast?x=%41")) == "/fast");
  CHECK(answer(house.ask("GET /users/a%40b")) == "/users/a@b id=a@b");
  CHECK(answer(house.ask("GET /users/%2541")) == "/users/%41 id=%41");
  CHECK(answer(house.ask("GET /users/a+b")) == "/users/a+b id=a+b");
  CHECK(answer(house.ask("GET /users/%c3%a9")) == "/users/\xc3\xa9 id=\xc3\xa9");
  // A slash is always a separator: it cannot be part of a parameter, and so is not ambiguous.
  CHECK(answer(house.ask("GET /fast%3fa")) == "HTTP/1.1 404 Not Found");
}

TEST_CASE("a request waits in the lane of the route that it reaches, however it is written") {
  House house;
  CHECK(house.lane("GET /fast") == Lane::fast);
  CHECK(house.lane("POST /login") == Lane::slow);
  CHECK(house.lane("DELETE /users/7") == Lane::write);
  CHECK(house.lane("POST /login?a=b%41") == Lane::slow);
  CHECK(house.lane("DELETE /users/a%40b") == Lane::write);
}

TEST_CASE("an escaped line break starts no header and no reply") {
  House house;
  const std::string reply = house.ask("GET /users/a%0d%0aX-Evil:%201%0d%0a%0d%0aHTTP/1.1%20200");
  const std::string head = reply.substr(0, reply.find("\r\n\r\n"));
  CHECK_FALSE(contains(head, "X-Evil"));
}

TEST_CASE("every reply has one head, its length and the headers of security") {
  House house;
  for (const char* line : {"GET /fast", "HEAD /fast", "POST /login", "DELETE /fast", "GET /nothing",
                           "OPTIONS /fast", "OPTIONS *"}) {
    CAPTURE(line);
    const std::string reply = house.ask(line);
    const std::string head = reply.substr(0, reply.find("\r\n\r\n") + 2);
    CHECK(contains(head, "\r\nX-Content-Type-Options: nosniff\r\n"));
    CHECK(contains(head, "\r\nX-Request-ID: "));
    CHECK(contains(head, "\r\nContent-Length: ") != head.starts_with("HTTP/1.1 204"));
    CHECK_FALSE(contains(head, "Connection: close"));
  }
}

TEST_CASE("the longest target that is read is answered by its route") {
  House house;
  const std::string longest(kMaxTarget - std::string("/users/").size(), 'a');
  CHECK(answer(house.ask("GET /users/" + longest)) == "/users/" + longest + " id=" + longest);
}

TEST_CASE("replies say that the connection closes while the server drains") {
  House house;
  house.is_draining = true;
  CHECK(contains(house.ask("GET /fast"), "\r\nConnection: close\r\n"));
}

TEST_CASE("a handler that finds no memory is the front's to answer, and does no harm to the next") {
  FrontOptions options{config::defaults()};
  test::ManualClock clock;
  SystemRandom random;
  Metrics metrics;
  bool has_memory = false;
  App app(Router({Route{Method::get, "/", Limit::none, Lane::fast,
                        [&](const Request&) -> Result<Reply> {
                          if (!has_memory) throw std::bad_alloc();
                          return Reply::text(200, "here");
                        }}}),
          options, null_log(), clock, random, metrics);
  const std::atomic<bool> is_draining{false};
  Gateway gateway(app, is_draining);
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  Exchange exchange;
  exchange.head = House::read(text).head;
  std::string out;
  REQUIRE_THROWS_AS(gateway.answer(exchange, out), std::bad_alloc);
  has_memory = true;
  out.clear();
  gateway.answer(exchange, out);
  REQUIRE(out.starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(out.ends_with("\r\n\r\nhere"));
}

TEST_CASE("the reply that needs no memory is a whole one") {
  App::RequestId id;
  id.fill('7');
  const OutOfMemoryReply reply(id);
  const std::string text(reply.text());
  REQUIRE(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  REQUIRE(text.find("\r\nConnection: close\r\n") != std::string::npos);
  REQUIRE(text.find("\r\nX-Request-ID: " + std::string(24, '7') + "\r\n") != std::string::npos);
  REQUIRE(text.find(security_headers()) != std::string::npos);
  const std::string body = text.substr(text.find("\r\n\r\n") + 4);
  REQUIRE(text.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") !=
          std::string::npos);
  const Result<JsonObject> json = JsonObject::parse(body);
  REQUIRE(json);
  REQUIRE(json->string("error").value() == "busy");
  REQUIRE(json->string("request_id").value() == std::string(24, '7'));
}

TEST_CASE("what lies in memory already is not copied into the reply, unless it is short") {
  House house;
  const auto ask = [&](const std::string& line, std::string& out) {
    const std::string text = line + " HTTP/1.1\r\nHost: x\r\n\r\n";
    Exchange exchange;
    exchange.head = House::read(text).head;
    return house.gateway.answer(exchange, out).fixed;
  };
  std::string out;
  CHECK(ask("GET /large", out).data() == kLarge.data());
  CHECK(out.ends_with("\r\n\r\n"));
  CHECK(contains(out, "Content-Length: 100000\r\n"));
  out.clear();
  CHECK(ask("GET /small", out).empty());
  CHECK(answer(out) == kSmall);
  for (const char* path : {"/large", "/small"}) {
    out.clear();
    CHECK(ask(std::string("HEAD ") + path, out).empty());
    CHECK(contains(out, path == std::string("/large") ? "Content-Length: 100000\r\n"
                                                      : "Content-Length: 100\r\n"));
    CHECK(out.ends_with("\r\n\r\n"));
  }
}

TEST_CASE("the row of a route says what its requests may do") {
  config::Config config = config::defaults();
  config.ingress.allowed_hosts = {"a.example"};
  config.public_url = "https://a.example";
  std::vector<Route> routes = {
      echo(Method::get, "/fast", Lane::fast), echo(Method::get, "/alive", Lane::fast),
      echo(Method::get, "/reset/:token", Lane::fast), echo(Method::get, "/check", Lane::fast)};
  routes[1].is_probe = true;
  routes[2].hides_path = true;
  routes[3].takes_basic = true;
  routes.push_back(echo(Method::post, "/form", Lane::fast));
  routes.back().waits_for = "proof";
  routes.back().handler = [](const Request& request) -> Result<Reply> {
    return Reply::text(request.may_wait ? 200 : 202, "");
  };
  test::ManualClock clock;
  SystemRandom random;
  Metrics metrics;
  const auto ask = [&](const std::string& line, const std::string& headers,
                       const std::string& body = "") {
    App app(Router(routes), FrontOptions(config), null_log(), clock, random, metrics);
    const std::atomic<bool> is_draining{false};
    Gateway gateway(app, is_draining);
    const std::string text = line + " HTTP/1.1\r\n" + headers + "\r\n";
    Exchange exchange;
    exchange.head = House::read(text).head;
    exchange.body = body;
    const Lane lane = app.admit(exchange.head, body, {}, clock.steady_now()).lane;
    std::string out;
    gateway.answer(exchange, out);
    return out.substr(9, 3) + (lane == Lane::slow ? " slow" : lane == Lane::write ? " write" : "");
  };
  SECTION("a form with what the route looks for may wait, whatever its head says") {
    const std::string host = "Host: a.example\r\n";
    CHECK(ask("POST /form", host, "a=b&proof=c") == "200 write");
    CHECK(ask("POST /form", host + "Authorization: x\r\n", "a=b&proof=c") == "200 write");
    CHECK(ask("POST /form", host, "a=b&secret=c") == "202");
    CHECK(ask("POST /form", host, "a=b&pr%6fof=c") == "202");
    CHECK(ask("POST /form", host) == "202");
  }
  SECTION("a probe is answered for any host, other paths are not") {
    CHECK(ask("GET /fast", "Host: a.example\r\n") == "200");
    CHECK(ask("GET /fast", "Host: b.example\r\n") == "421");
    CHECK(ask("GET /alive", "Host: b.example\r\n") == "200");
    CHECK(ask("POST /alive", "Host: b.example\r\n") == "405");
    CHECK(ask("GET /alive/", "Host: b.example\r\n") == "421");
  }
  SECTION("a probe is answered without https, and no secret is redirected") {
    config.server.force_https = true;
    CHECK(ask("GET /fast", "Host: a.example\r\n") == "308");
    CHECK(ask("GET /alive", "Host: a.example\r\n") == "200");
    CHECK(ask("GET /reset/abc", "Host: a.example\r\n") == "403");
    CHECK(ask("GET /x/reset/abc", "Host: a.example\r\n") == "403");
  }
  SECTION("a password waits for the slow lane where one may come") {
    const std::string basic = "Host: a.example\r\nAuthorization: Basic YTpi\r\n";
    CHECK(ask("GET /check", basic) == "200 slow");
    CHECK(ask("GET /check", "Host: a.example\r\n") == "200");
    CHECK(ask("GET /fast", basic) == "200");
  }
}
