#include "api/core/guard.h"

#include "api/contract/openapi.h"
#include "api/endpoints/pages/pages.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "support/client_signer.h"
#include "support/fake_request.h"

namespace authd::api {
namespace {

using Pairs = std::vector<auth::Parameters::Pair>;

const std::string kDocument = "https://agent.example/client.json";

// A client that signs, one with a secret, and the other servers.
struct Guarded {
  Guarded() {
    t.config.provider.cimd = config::ClientDocuments::open;
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      fetches += 1;
      if (request.url != kDocument) return fetch::Reply{200, signer.jwks()};
      fetch::Reply reply{200, R"({"client_id":")" + kDocument +
                                  R"(","redirect_uris":["https://agent.example/cb"]})"};
      reply.headers = {{"content-type", "application/json"}};
      return reply;
    };
    test::put_client(t, "app");
    test::put_client(t, "signs", [](tables::Client& client) {
      client.auth_method = auth::kPrivateKeyAuth;
      client.secret_hash.clear();
      client.jwks_uri = "https://app.example/jwks.json";
    });
  }

  Pairs assertion() {
    const std::string now = std::to_string(unix_seconds(t.clock.now()) + 60);
    const std::string signed_one = signer.sign({{"iss", "\"signs\""},
                                                {"sub", "\"signs\""},
                                                {"aud", "\"https://auth.test\""},
                                                {"exp", now},
                                                {"jti", test::json_text(std::to_string(++made))}});
    return {{"client_assertion_type", std::string(auth::kJwtAssertion)},
            {"client_assertion", signed_one}};
  }
  // The id of the client; or the refusal's name.
  std::string pass(const Pairs& pairs, bool may_wait, const test::Texts& headers = {}) {
    return with(pairs, may_wait, headers, [&](const http::Request& request, const auto& form) {
      return require_client(api, request, form);
    });
  }
  std::string pass_any(const Pairs& pairs, bool reads_document) {
    return with(pairs, true, {}, [&](const http::Request& request, const auto& form) {
      return require_any_client(api, request, form, reads_document);
    });
  }

  template <typename Require>
  std::string with(const Pairs& pairs, bool may_wait, const test::Texts& headers,
                   const Require& require) {
    test::FakeRequest request(headers);
    request.may_wait = may_wait;
    const Result<auth::Parameters> form = auth::Parameters::read(pairs);
    REQUIRE(form);
    const Result<auth::Program> program = require(request, *form);
    return program ? program->client().id : program.error().name;
  }

  test::Instance t{test::with_issuer()};
  test::ClientSigner signer{t};
  http::Metrics metrics;
  web::Site site = make_site(t.config).value();
  OpenApi documentation{{}, ""};
  Api api{t.services, metrics, site, [] { return false; }, documentation};
  int fetches = 0;
  int made = 0;
};

TEST_CASE("an assertion is verified only by a thread that may wait") {
  Guarded g;
  CHECK(g.pass(g.assertion(), false) == "invalid_request");
  CHECK(g.fetches == 0);
  CHECK(g.pass(g.assertion(), true) == "signs");
  CHECK(g.fetches == 1);
}

TEST_CASE("whoever signs sends no Authorization header, whatever is in it") {
  Guarded g;
  for (const char* header : {"x", "Bearer abc", "Basic YXBwOng=", ""}) {
    CAPTURE(header);
    CHECK(g.pass(g.assertion(), true, {{"authorization", header}}) == "invalid_request");
    CHECK(g.pass(g.assertion(), false, {{"authorization", header}}) == "invalid_request");
  }
  CHECK(g.fetches == 0);
}

TEST_CASE("a secret in the form needs no thread that may wait") {
  Guarded g;
  const Pairs right = {{"client_id", "app"}, {"client_secret", "the secret of app"}};
  CHECK(g.pass(right, false) == "app");
  CHECK(g.pass({right[0], {"client_secret", "x"}}, false) == "invalid_client");
}

TEST_CASE("a client is known by its document alone only where the route says so") {
  Guarded g;
  CHECK(g.pass_any({{"client_id", kDocument}}, false) == "invalid_client");
  CHECK(g.fetches == 0);
  CHECK(g.pass_any({{"client_id", kDocument}}, true) == kDocument);
  CHECK(g.fetches == 1);
}

}  // namespace
}  // namespace authd::api
