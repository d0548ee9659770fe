// Authorization, X-API-Key and Cookie headers at /auth/verify: nobody passes without a text that
// this server created. Each line of the input is a header.
#include "http/wire/head.h"
#include "support/fake_request.h"
#include "target.h"
#include "world.h"

namespace authd::fuzz {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

test::Texts headers_of(std::string_view text) {
  test::Texts headers;
  Dice lines(text);
  while (!lines.is_empty() && headers.size() < http::kMaxHeaders) {
    const std::string_view line = lines.line();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const size_t begin = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    headers.emplace_back(lower(line.substr(0, colon)), line.substr(begin));
  }
  return headers;
}

const http::Route& verify_route(const World& world) {
  for (const http::Route& route : world.routes()) {
    if (route.method == http::Method::get && route.pattern == "/auth/verify") return route;
  }
  UNREACHABLE();
}

}  // namespace

void run(std::string_view input) {
  static std::unique_ptr<World> world;
  // Refused passwords are counted and logged.
  constexpr int kRunsOfOne = 2000;
  static int runs = 0;
  if (runs++ % kRunsOfOne == 0) world = std::make_unique<World>();
  const std::string text = world->filled(input);
  test::FakeRequest request(headers_of(text));
  request.method = http::Method::get;
  request.path = request.route = "/auth/verify";
  request.host = "auth.test";
  const auto reply = verify_route(*world).handler(request);
  if (reply && reply->status == 200) CHECK(world->has_credential(text));
  // Anything else is the client's fault, and the answer says so.
  if (reply) CHECK(reply->status == 200 || (reply->status >= 400 && reply->status < 500));
}

}  // namespace authd::fuzz
