#include "auth/oauth/proofs/request_object.h"

#include "auth/oauth/requests/authorization_request.h"
#include "support/client_signer.h"

namespace authd::auth {
namespace {

using Pairs = std::vector<Parameters::Pair>;
using test::ClaimTexts;
using test::ClientSigner;
using test::json_text;

struct Asking {
  Asking() { put("app"); }
  void put(const std::string& id, const std::function<void(tables::Client&)>& change = {}) {
    test::put_client(t, id, [&](tables::Client& client) {
      client.jwks = signer.jwks();
      if (change) change(client);
    });
  }
  std::string in(Seconds seconds) const {
    return std::to_string(unix_seconds(t.clock.now()) + seconds.count());
  }
  // Of a right object.
  ClaimTexts claims(const std::string& id = "app") const {
    return {{"iss", json_text(id)},
            {"aud", "\"https://auth.test\""},
            {"exp", in(Seconds(60))},
            {"client_id", json_text(id)},
            {"response_type", "\"code\""},
            {"redirect_uri", json_text("https://" + id + ".example/callback")},
            {"scope", "\"openid email\""},
            {"state", "\"inside\""},
            {"code_challenge", json_text(std::string(43, 'c'))},
            {"code_challenge_method", "\"S256\""}};
  }
  ReadRequest read(Pairs sent, std::optional<Time> asked_at = std::nullopt) {
    const Result<Parameters> parameters = Parameters::read(sent);
    REQUIRE(parameters);
    const auto made =
        read_authorization_request(t.services, *parameters, Arrival::direct, asked_at);
    REQUIRE(made);
    return *made;
  }
  ReadRequest object(const ClaimTexts& changes = {}, const std::string& id = "app") {
    return read({{"client_id", id}, {"request", signer.sign(test::with(claims(id), changes))}});
  }
  static std::string name_of(const ReadRequest& made) {
    if (!made.refusal) return "";
    return (made.refusal->redirects ? "" : "page: ") + made.refusal->error.name;
  }
  std::string refusal(const ClaimTexts& changes, const std::string& id = "app") {
    return name_of(object(changes, id));
  }

  test::Instance t{test::with_issuer()};
  ClientSigner signer{t};
};

const std::string kRefused = "invalid_request_object";

TEST_CASE("the parameters of a signed request count") {
  Asking a;
  const ReadRequest made = a.object({{"max_age", "60"},
                                     {"nonce", "\"n\""},
                                     {"claims", R"({"userinfo":{"name":{"essential":true}}})"},
                                     {"ui_locales", "\"de\""},
                                     {"unknown", R"([1,{"a":true}])"}});
  REQUIRE_FALSE(made.refusal);
  CHECK(made.request.state == "inside");
  CHECK(made.request.scopes == std::vector<std::string>{"openid", "email"});
  CHECK(made.request.max_age == Seconds(60));
  CHECK(made.request.nonce == "n");
  CHECK(made.request.asked.userinfo == std::vector<std::string>{"name"});
  CHECK(made.request.ui_locales == "de");
}

TEST_CASE("what stands beside the object does not count") {
  Asking a;
  const std::string request = a.signer.sign(test::with(a.claims(), {{"nonce", ""}}));
  const ReadRequest made = a.read({{"client_id", "app"},
                                   {"request", request},
                                   {"redirect_uri", "https://evil.example/"},
                                   {"state", "outside"},
                                   {"scope", "openid phone"},
                                   {"nonce", "outside"},
                                   {"prompt", "none"}});
  REQUIRE_FALSE(made.refusal);
  CHECK(made.request.redirect_uri == "https://app.example/callback");
  CHECK(made.request.state == "inside");
  CHECK(made.request.scopes == std::vector<std::string>{"openid", "email"});
  CHECK(made.request.nonce.empty());
  CHECK(made.request.prompts.empty());
}

TEST_CASE("OpenID Connect has the scope and the type of the response outside as well") {
  Asking a;
  const ClaimTexts without = {{"scope", ""}, {"response_type", ""}};
  const Pairs outside = {{"scope", "openid"}, {"response_type", "code"}};
  const auto with_outside = [&](const std::string& id) {
    Pairs sent = outside;
    sent.emplace_back("client_id", id);
    sent.emplace_back("request", a.signer.sign(test::with(a.claims(id), without)));
    return Asking::name_of(a.read(sent));
  };
  CHECK(with_outside("app").empty());
  a.put("strict", [](tables::Client& client) { client.requires_jar = true; });
  CHECK(with_outside("strict") == "invalid_request");
}

TEST_CASE("an object that is not the client's own is refused") {
  Asking a;
  a.put("two");
  const ClientSigner stranger(a.t);
  const auto sent = [&](const std::string& object, const std::string& id = "app") {
    return Asking::name_of(a.read({{"client_id", id}, {"request", object}}));
  };
  CHECK(sent(stranger.sign(a.claims())) == kRefused);
  CHECK(sent(a.signer.sign(a.claims()), "two") == kRefused);
  CHECK(sent("x") == kRefused);
  CHECK(sent("a.b.c.d.e") == kRefused);
  CHECK(sent(a.signer.sign(a.claims(), "oauth-authz-req+jwt")).empty());
  CHECK(sent(a.signer.sign(a.claims(), "client-authentication+jwt")) == kRefused);
  // {"alg":"none"}
  const std::string object = a.signer.sign(a.claims());
  const std::string payload = object.substr(object.find('.'), object.rfind('.') - object.find('.'));
  CHECK(sent("eyJhbGciOiJub25lIn0" + payload + ".") == kRefused);
}

TEST_CASE("an object says for whom and by whom it is") {
  Asking a;
  CHECK(a.refusal({{"iss", "\"two\""}}) == kRefused);
  CHECK(a.refusal({{"iss", ""}}) == kRefused);
  CHECK(a.refusal({{"aud", "\"https://other.test\""}}) == kRefused);
  CHECK(a.refusal({{"aud", ""}}) == kRefused);
  CHECK(a.refusal({{"aud", "[\"https://auth.test\"]"}}).empty());
  CHECK(a.refusal({{"client_id", "\"two\""}}) == kRefused);
  CHECK(a.refusal({{"client_id", ""}}) == kRefused);
  CHECK(a.refusal({{"sub", "\"app\""}}) == kRefused);
  CHECK(a.refusal({{"request", "\"a.b.c\""}}) == kRefused);
  CHECK(a.refusal({{"request_uri", "\"https://a.example\""}}) == kRefused);
  CHECK(a.refusal({{"resource", "7"}}) == kRefused);
}

TEST_CASE("an object is short-lived, as of when it came") {
  Asking a;
  CHECK(a.refusal({{"exp", ""}}).empty());
  CHECK(a.refusal({{"exp", a.in(Seconds(-61))}}) == kRefused);
  CHECK(a.refusal({{"exp", a.in(Seconds(3700))}}) == kRefused);
  CHECK(a.refusal({{"nbf", a.in(Seconds(61))}}) == kRefused);
  CHECK(a.refusal({{"iat", a.in(Seconds(61))}}) == kRefused);
  const Time asked_at = a.t.clock.now();
  const Pairs sent = {{"client_id", "app"}, {"request", a.signer.sign(a.claims())}};
  a.t.clock.advance(std::chrono::minutes(30));
  CHECK(Asking::name_of(a.read(sent)) == kRefused);
  CHECK(Asking::name_of(a.read(sent, asked_at)).empty());
}

TEST_CASE("a refusal goes where the outside says, and otherwise to the person") {
  Asking a;
  const auto made = a.read({{"client_id", "app"},
                            {"request", "x"},
                            {"redirect_uri", "https://app.example/callback"},
                            {"state", "outside"}});
  CHECK(Asking::name_of(made) == kRefused);
  CHECK(made.request.state == "outside");
  CHECK(Asking::name_of(a.read(
            {{"client_id", "app"}, {"request", "x"}, {"redirect_uri", "https://evil.example/"}})) ==
        "page: " + kRefused);
  CHECK(a.refusal({{"redirect_uri", "\"https://evil.example/\""}}) == "page: invalid_request");
}

TEST_CASE("a client that must sign does, and one without keys cannot") {
  Asking a;
  a.put("strict", [](tables::Client& client) { client.requires_jar = true; });
  a.put("bare", [](tables::Client& client) { client.jwks.clear(); });
  CHECK(a.refusal({}, "strict").empty());
  CHECK(a.refusal({}, "bare") == "request_not_supported");
  Pairs open = {{"client_id", "strict"},
                {"redirect_uri", "https://strict.example/callback"},
                {"response_type", "code"},
                {"scope", "openid"},
                {"code_challenge", std::string(43, 'c')},
                {"code_challenge_method", "S256"}};
  CHECK(Asking::name_of(a.read(open)) == "invalid_request");
  open.front().second = "app";
  open[1].second = "https://app.example/callback";
  CHECK(Asking::name_of(a.read(open)).empty());
}

TEST_CASE("the profile fapi2 wants nbf and exp, within an hour") {
  Asking a;
  const auto refusal = [&](const ClaimTexts& changes) {
    const tables::Client client = test::put_client(a.t, "fapi", [&](tables::Client& made) {
      made.jwks = a.signer.jwks();
      made.is_fapi = true;
    });
    const Parameters sent =
        Parameters::read(Pairs{{"client_id", "fapi"},
                               {"request", a.signer.sign(test::with(a.claims("fapi"), changes))}})
            .value();
    const auto made = signed_parameters(a.t.services, client, sent, a.t.clock.now());
    return made ? "" : made.error().name;
  };
  CHECK(refusal({{"nbf", a.in(Seconds(0))}}).empty());
  CHECK(refusal({}) == kRefused);
  CHECK(refusal({{"nbf", a.in(Seconds(0))}, {"exp", ""}}) == kRefused);
  CHECK(refusal({{"nbf", a.in(Seconds(-3601))}}) == kRefused);
}

}  // namespace
}  // namespace authd::auth
