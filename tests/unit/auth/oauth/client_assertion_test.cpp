#include "auth/oauth/proofs/client_assertion.h"

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/words.h"
#include "support/client_signer.h"
#include "support/people.h"

namespace authd::auth {
namespace {

using test::ClaimTexts;
using test::ClientSigner;
using test::json_text;

constexpr std::string_view kIssuer = "https://auth.test";

struct Signing {
  explicit Signing(crypto::Algorithm algorithm = crypto::Algorithm::es256) : signer(t, algorithm) {
    put("app");
  }

  void put(const std::string& id, const std::function<void(tables::Client&)>& change = {}) {
    test::put_client(t, id, [&](tables::Client& client) {
      client.auth_method = kPrivateKeyAuth;
      client.secret_hash.clear();
      client.jwks = signer.jwks();
      if (change) change(client);
    });
  }

  std::string in(Seconds seconds) const {
    return std::to_string(unix_seconds(t.clock.now()) + seconds.count());
  }
  // Of a right assertion.
  ClaimTexts claims(const std::string& id = "app") {
    return {{"iss", json_text(id)},
            {"sub", json_text(id)},
            {"aud", json_text(std::string(kIssuer))},
            {"exp", in(Seconds(60))},
            {"iat", in(Seconds(0))},
            {"jti", json_text("jti " + std::to_string(++made))}};
  }
  Result<Program> send(const std::string& assertion, const std::string& client_id = "") {
    return authenticate_by_assertion(t.services, {client_id, std::string(kJwtAssertion), assertion},
                                     test::from("192.0.2.1"));
  }
  // Of a right assertion of the client with these changes: whether it is accepted.
  bool is_known(const ClaimTexts& changes = {}, const std::string& id = "app") {
    const Result<Program> program = send(signer.sign(test::with(claims(id), changes)));
    if (program) return program->client().id == id;
    CHECK(program.error().code == ErrorCode::unauthenticated);
    CHECK(program.error().name == "invalid_client");
    return false;
  }

  test::Instance t{test::with_issuer()};
  ClientSigner signer;
  int made = 0;
};

TEST_CASE("a client is known by what it signs") {
  for (const crypto::Algorithm algorithm :
       {crypto::Algorithm::es256, crypto::Algorithm::eddsa, crypto::Algorithm::rs256}) {
    Signing a(algorithm);
    CHECK(a.is_known());
    const auto named = a.send(a.signer.sign(a.claims()), "app");
    CHECK(named);
    CHECK(a.send(a.signer.sign(a.claims(), "client-authentication+jwt")));
    CHECK(a.send(a.signer.sign(a.claims(), "application/JWT")));
  }
}

TEST_CASE("an assertion is for this server and nobody else") {
  Signing a;
  CHECK(a.is_known({{"aud", R"("https://auth.test/oauth2/token")"}}));
  CHECK(a.is_known({{"aud", R"("https://auth.test/oauth2/par")"}}));
  CHECK(a.is_known({{"aud", R"(["https://auth.test"])"}}));
  CHECK(a.is_known({{"aud", R"(["https://auth.test","https://auth.test/oauth2/token"])"}}));
  CHECK_FALSE(a.is_known({{"aud", R"(["https://auth.test","https://other.test"])"}}));
  CHECK_FALSE(a.is_known({{"aud", R"("https://other.test")"}}));
  CHECK_FALSE(a.is_known({{"aud", R"("https://auth.test/")"}}));
  CHECK_FALSE(a.is_known({{"aud", "[]"}}));
  CHECK_FALSE(a.is_known({{"aud", ""}}));
}

TEST_CASE("an assertion is short-lived, with a minute for slow and fast clocks") {
  Signing a;
  CHECK(a.is_known({{"exp", a.in(Seconds(-59))}}));
  CHECK(a.is_known({{"exp", a.in(Seconds(3600))}}));
  CHECK_FALSE(a.is_known({{"exp", a.in(Seconds(-60))}}));
  CHECK_FALSE(a.is_known({{"exp", a.in(Seconds(-300))}}));
  CHECK_FALSE(a.is_known({{"exp", a.in(Seconds(3661))}}));
  CHECK_FALSE(a.is_known({{"exp", ""}}));
  CHECK_FALSE(a.is_known({{"exp", "\"soon\""}}));
  CHECK_FALSE(a.is_known({{"exp", "1e300"}}));
  CHECK(a.is_known({{"nbf", a.in(Seconds(8))}}));
  CHECK(a.is_known({{"nbf", a.in(Seconds(60))}}));
  CHECK_FALSE(a.is_known({{"nbf", a.in(Seconds(61))}}));
  CHECK(a.is_known({{"iat", ""}}));
  CHECK(a.is_known({{"iat", a.in(Seconds(60))}}));
  CHECK_FALSE(a.is_known({{"iat", a.in(Seconds(61))}}));
}

TEST_CASE("an assertion counts once") {
  Signing a;
  a.put("two");
  const std::string assertion = a.signer.sign(test::with(a.claims(), {{"jti", "\"x\""}}));
  CHECK(a.send(assertion));
  const auto again = a.send(assertion);
  REQUIRE_FALSE(again);
  CHECK(again.error().message.find("jti was used") != std::string::npos);
  CHECK(a.is_known({{"jti", "\"x\""}}, "two"));  // of another client
  CHECK_FALSE(a.is_known({{"jti", ""}}));
  CHECK_FALSE(a.is_known({{"jti", "\"\""}}));
  CHECK_FALSE(a.is_known({{"jti", "7"}}));
  // For as long as it could be good.
  const std::string late = a.signer.sign(test::with(a.claims(), {{"exp", a.in(Seconds(3600))}}));
  CHECK(a.send(late));
  a.t.clock.advance(std::chrono::minutes(59));
  CHECK_FALSE(a.send(late));
}

TEST_CASE("only the client speaks for itself") {
  Signing a;
  a.put("two");
  const ClientSigner stranger(a.t);
  CHECK_FALSE(a.is_known({{"iss", "\"two\""}}));
  CHECK_FALSE(a.is_known({{"sub", "\"two\""}}));
  CHECK_FALSE(a.is_known({{"sub", ""}}));
  CHECK_FALSE(a.is_known({{"iss", ""}}));
  CHECK_FALSE(a.send(stranger.sign(a.claims())));
  CHECK_FALSE(a.send(a.signer.sign(a.claims()), "two"));
  CHECK_FALSE(a.send(a.signer.sign(a.claims(), "at+jwt")));
  CHECK_FALSE(a.send(a.signer.sign(a.claims(), "oauth-authz-req+jwt")));
  CHECK_FALSE(a.send("x.y.z"));
  CHECK_FALSE(a.send("a.b.c.d.e"));
}

TEST_CASE("who has a secret does not sign, and the reverse") {
  Signing a;
  for (const char* method : {"", "client_secret_basic", "client_secret_post"}) {
    a.put("secret", [&](tables::Client& client) { client.auth_method = method; });
    CHECK_FALSE(a.is_known({}, "secret"));
  }
  a.put("public", [](tables::Client& client) {
    client.is_public = true;
    client.auth_method.clear();
  });
  CHECK_FALSE(a.is_known({}, "public"));
  a.put("off", [](tables::Client& client) { client.disabled = true; });
  CHECK_FALSE(a.is_known({}, "off"));
  a.put("bare", [](tables::Client& client) { client.jwks.clear(); });
  CHECK_FALSE(a.is_known({}, "bare"));
  // A hash that was left over opens nothing.
  a.put("both", [](tables::Client& client) { client.secret_hash = crypto::sha256("secret"); });
  ClientCredentials sent;
  sent.id = "both";
  sent.secret = ClientSecret("secret");
  CHECK_FALSE(authenticate_client(a.t.services, sent, test::from("192.0.2.1")));
}

TEST_CASE("the profile fapi2 takes the issuer alone, and no RS256") {
  Signing a;
  a.put("fapi", [](tables::Client& client) { client.is_fapi = true; });
  CHECK(a.is_known({}, "fapi"));
  CHECK_FALSE(a.is_known({{"aud", R"(["https://auth.test"])"}}, "fapi"));
  CHECK_FALSE(a.is_known({{"aud", R"("https://auth.test/oauth2/token")"}}, "fapi"));
  CHECK_FALSE(a.is_known({{"aud", R"("https://auth.test/oauth2/par")"}}, "fapi"));
  Signing rsa(crypto::Algorithm::rs256);
  rsa.put("fapi", [](tables::Client& client) { client.is_fapi = true; });
  CHECK_FALSE(rsa.is_known({}, "fapi"));
}

TEST_CASE("nobody learns which clients there are, and guesses are counted") {
  Signing a;
  const ClientSigner stranger(a.t);
  std::optional<Error> last;
  for (int i = 0; i < 200 && (!last || last->code != ErrorCode::rate_limited); ++i) {
    const auto program = a.send(stranger.sign(a.claims(i % 2 == 0 ? "app" : "nobody")));
    REQUIRE_FALSE(program);
    if (last && program.error().code == ErrorCode::unauthenticated) {
      CHECK(program.error().message == last->message);
    }
    last = program.error();
  }
  REQUIRE(last);
  CHECK(last->code == ErrorCode::rate_limited);
  CHECK(a.is_known());  // who has the key is let in
}

TEST_CASE("half an assertion is a mistake, and another type is unknown") {
  Signing a;
  const auto name = [&](const SentAssertion& sent) {
    const auto program = authenticate_by_assertion(a.t.services, sent, test::from("192.0.2.1"));
    return program ? "" : program.error().name;
  };
  CHECK(name({"app", "", a.signer.sign(a.claims())}) == "invalid_request");
  CHECK(name({"app", std::string(kJwtAssertion), ""}) == "invalid_request");
  CHECK(name({"app", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "x"}) ==
        "invalid_client");
}

TEST_CASE("a client that nobody here has looked at leaves few marks, for a short time") {
  Signing a;
  const auto of_stranger = [](tables::Client& client) { client.origin = "registered"; };
  a.put("stranger", of_stranger);
  a.put("other", of_stranger);
  CHECK_FALSE(a.is_known({{"exp", a.in(Seconds(361))}}, "stranger"));
  CHECK(a.is_known({{"exp", a.in(Seconds(300))}}, "stranger"));
  for (uint64_t i = 1; i < kMaxStrangersAssertions; ++i)
    REQUIRE(a.is_known({}, "stranger"));
  const auto more = a.send(a.signer.sign(a.claims("stranger")));
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::rate_limited);
  CHECK(more.error().retry_after_s > 0);
  CHECK(a.is_known({}, "other"));
  CHECK(a.is_known());
  a.t.clock.advance(kStrangersAssertionWindow);
  CHECK(a.is_known({}, "stranger"));
}

// A client whose keys are in the document at its id.
struct Documented : Signing {
  Documented() {
    t.config.provider.cimd = config::ClientDocuments::open;
    t.remote.answer = [this](const fetch::Request&) -> Result<fetch::Reply> {
      asked += 1;
      if (is_down) return Error{ErrorCode::unavailable, "connection refused"};
      fetch::Reply reply{200, R"({"client_id":")" + id +
                                  R"(","redirect_uris":["https://agent.example/cb"],)"
                                  R"("token_endpoint_auth_method":"private_key_jwt","jwks":)" +
                                  signer.jwks() + "}"};
      reply.headers = {{"content-type", "application/json"}};
      return reply;
    };
  }
  bool is_known_where(bool reads_document) {
    const auto program = authenticate_by_assertion(
        t.services, {"", std::string(kJwtAssertion), signer.sign(claims(id)), reads_document},
        test::from("192.0.2.1"));
    return program && program->client().id == id;
  }

  const std::string id = "https://agent.example/client.json";
  int asked = 0;
  bool is_down = false;
};

TEST_CASE("a client without a row is known only where its document may be read") {
  Documented d;
  CHECK_FALSE(d.is_known_where(false));
  CHECK(d.asked == 0);
  CHECK(d.is_known_where(true));
  CHECK(d.asked == 1);
}

TEST_CASE("a client with a document is known by its row, and makes nobody fetch it") {
  Documented d;
  d.put(d.id, [](tables::Client& client) { client.origin = "document"; });
  CHECK(d.is_known_where(false));
  CHECK(d.asked == 0);
  SECTION("documents are off") {
    d.t.config.provider.cimd = config::ClientDocuments::off;
  }
  SECTION("its host is not listed") {
    d.t.config.provider.cimd = config::ClientDocuments::listed;
    d.t.config.provider.cimd_hosts = {"other.example"};
  }
  CHECK_FALSE(d.is_known_where(false));
  CHECK_FALSE(d.is_known_where(true));
}

TEST_CASE("a document that cannot be read is no such client") {
  Documented d;
  d.is_down = true;
  CHECK_FALSE(d.is_known_where(true));
  CHECK(d.asked == 1);
}

// A CI job or a pod, whose platform signs for it.
struct Workload : Signing {
  Workload() {
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      asked += 1;
      if (request.url == "https://ci.example/.well-known/openid-configuration") {
        return fetch::Reply{
            200, R"({"issuer":"https://ci.example","jwks_uri":"https://ci.example/jwks"})"};
      }
      return fetch::Reply{200, platform.jwks()};
    };
    put("job", [](tables::Client& client) {
      client.jwks.clear();
      client.federated_identities = {"https://ci.example repo:app:ref:refs/heads/main",
                                     "https://ci.example repo:app:environment:Go live"};
    });
  }
  ClaimTexts token() {
    return {{"iss", "\"https://ci.example\""},
            {"sub", "\"repo:app:ref:refs/heads/main\""},
            {"aud", json_text(std::string(kIssuer))},
            {"exp", in(Seconds(300))},
            {"iat", in(Seconds(0))}};
  }
  bool is_job(const ClaimTexts& changes = {}, const std::string& id = "job") {
    return send(platform.sign(test::with(token(), changes)), id).has_value();
  }

  ClientSigner platform{t, crypto::Algorithm::rs256};
  int asked = 0;
};

TEST_CASE("a workload is known by the token of its platform, as often as it sends it") {
  Workload w;
  const std::string token = w.platform.sign(test::with(w.token(), {{"jti", "\"x\""}}));
  CHECK(w.send(token, "job"));
  CHECK(w.send(token, "job"));
  CHECK(w.is_job({{"sub", "\"repo:app:environment:Go live\""}}));
  CHECK(w.is_job({{"exp", w.in(std::chrono::hours(24))}}));
  CHECK(w.asked == 2);
}

TEST_CASE("another workload is not the client") {
  Workload w;
  CHECK_FALSE(w.is_job({{"sub", "\"repo:app:ref:refs/heads/other\""}}));
  CHECK_FALSE(w.is_job({{"sub", "\"repo:app:ref:refs/heads/main2\""}}));
  CHECK_FALSE(w.is_job({{"sub", "\"repo:app\""}}));
  CHECK_FALSE(w.is_job({{"iss", "\"https://evil.example\""}}));
  CHECK(w.asked == 0);  // nobody is asked for the sake of a stranger
  CHECK_FALSE(w.is_job({}, "app"));
  CHECK_FALSE(w.is_job({}, ""));
  CHECK_FALSE(w.is_job({{"aud", "\"https://other.test\""}}));
  CHECK_FALSE(w.is_job({{"exp", w.in(std::chrono::hours(25))}}));
  CHECK_FALSE(w.is_job({{"exp", w.in(Seconds(-61))}}));
  CHECK_FALSE(w.send(w.signer.sign(w.token()), "job"));
  CHECK_FALSE(w.is_known({}, "job"));  // it has no key of its own
}

TEST_CASE("keys that cannot be fetched are a fault, and no guess") {
  Workload w;
  w.t.remote.answer = [](const fetch::Request&) -> Result<fetch::Reply> {
    return Error{ErrorCode::unavailable, "connection refused"};
  };
  const auto program = w.send(w.platform.sign(w.token()), "job");
  REQUIRE_FALSE(program);
  CHECK(program.error().code == ErrorCode::unavailable);
}

}  // namespace
}  // namespace authd::auth
