// What programs send to the endpoints of the provider: a form, the client's authentication, and the
// header DPoP. Nobody gets anything who does not know the secret of a client, and every refusal has
// the form of RFC 6749 section 5.2.
//
// The first byte chooses the endpoint; the rest of that line is left out. Each further line is a
// header, up to an empty line; what follows is the form.
#include <array>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "support/fake_request.h"
#include "target.h"
#include "world.h"

namespace authd::fuzz {
namespace {

constexpr std::string_view kSecret = "the-secret-of-the-client-0123456789abcdef";
constexpr std::string_view kApi = "https://api.test";

constexpr std::array kPaths =
    std::to_array<std::string_view>({"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke",
                                     "/oauth2/par", "/oauth2/device_authorization"});

// In the place of these words: no input could guess them.
std::string with_secret(std::string text) {
  const std::array<std::pair<std::string_view, std::string>, 2> words = {
      std::pair("@secret@", std::string(kSecret)),
      std::pair("@basic@", "Basic " + base64_encode("app:" + std::string(kSecret)))};
  for (const auto& [word, value] : words) {
    for (size_t at = text.find(word); at != std::string::npos;
         at = text.find(word, at + value.size()))
      text.replace(at, word.size(), value);
  }
  return text;
}

bool knows_secret(std::string_view input) {
  return input.find("@secret@") != std::string_view::npos ||
         input.find("@basic@") != std::string_view::npos;
}

void put_clients(test::Instance& t) {
  tables::Client app;
  app.id = "app";
  app.name = "App";
  app.created_at = t.clock.now();
  app.secret_hash = crypto::sha256(kSecret);
  app.redirect_uris = {"https://app.example/callback"};
  app.grant_types = {auth::kGrantTypes.begin(), auth::kGrantTypes.end()};
  app.resources = {std::string(kApi)};
  tables::Client tv;
  tv.id = "tv";
  tv.name = "TV";
  tv.created_at = t.clock.now();
  tv.is_public = true;
  tv.grant_types = {std::string(auth::kDeviceGrant), std::string(auth::kRefreshGrant)};
  CHECK(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::clients.put(tx, app);
    tables::clients.put(tx, tv);
    tables::resources.put(tx, {std::string(kApi), "API", {"read"}, 0, t.clock.now(), {}});
    return {};
  }));
}

const http::Route& route_to(const World& world, std::string_view path) {
  for (const http::Route& route : world.routes()) {
    if (route.method == http::Method::post && route.pattern == path) return route;
  }
  UNREACHABLE();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Up to an empty line.
test::Texts headers_of(Dice& lines) {
  test::Texts headers;
  while (!lines.is_empty()) {
    const std::string_view line = lines.line();
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const size_t begin = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    headers.emplace_back(lower(line.substr(0, colon)),
                         with_secret(std::string(line.substr(begin))));
  }
  headers.emplace_back("content-type", "application/x-www-form-urlencoded");
  return headers;
}

// RFC 6749 section 5.2: printable ASCII without '"' and '\'.
void check_refusal(const http::Reply& reply) {
  const auto json = JsonObject::parse(reply.body);
  CHECK(json);
  const auto name = json->string("error");
  const auto text = json->string("error_description");
  CHECK(name && !name->empty() && text);
  for (const char c : *text)
    CHECK(c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
}

void check_answer(std::string_view path, const http::Reply& reply, bool has_secret) {
  if (reply.status >= 400) {
    CHECK(reply.status < 500);
    check_refusal(reply);
    return;
  }
  CHECK(reply.status == 200 || reply.status == 201);
  // A public client may begin with a device, and nobody is told whether a token was revoked.
  const bool is_for_all = path == "/oauth2/device_authorization" || path == "/oauth2/revoke";
  CHECK(has_secret || is_for_all);
}

}  // namespace

void run(std::string_view input) {
  static std::unique_ptr<World> world;
  // What is refused is counted, and what is pushed is kept.
  constexpr int kRunsOfOne = 1000;
  static int runs = 0;
  if (runs++ % kRunsOfOne == 0) {
    world = std::make_unique<World>();
    put_clients(world->instance());
  }
  Dice dice(input);
  const std::string_view path = kPaths[dice.byte() % kPaths.size()];
  static_cast<void>(dice.line());
  test::FakeRequest request(headers_of(dice));
  const std::string form = with_secret(std::string(dice.rest()));
  request.method = http::Method::post;
  request.path = request.route = path;
  request.host = "auth.test";
  request.body = form;
  const auto reply = route_to(*world, path).handler(request);
  CHECK(reply);
  check_answer(path, *reply, knows_secret(input));
}

}  // namespace authd::fuzz
