#include "auth/oauth/requests/authorization_request.h"

#include "auth/oauth/tokens/id_token_hint.h"
#include "auth/sessions/jwt_signing.h"
#include "support/clients.h"

namespace authd::auth {
namespace {

using Pairs = std::vector<Parameters::Pair>;

const std::string kChallenge(43, 'c');

struct Asking {
  Asking() { test::put_client(t, "app"); }

  // A request that is right, with these parameters instead of its own; empty: left out.
  ReadRequest read(const Pairs& changes = {}) {
    std::map<std::string, std::string> all = {{"client_id", "app"},
                                              {"redirect_uri", "https://app.example/callback"},
                                              {"response_type", "code"},
                                              {"scope", "openid email"},
                                              {"state", "s"},
                                              {"code_challenge", kChallenge},
                                              {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : changes)
      all[name] = value;
    const Result<Parameters> parameters = Parameters::read(Pairs(all.begin(), all.end()));
    REQUIRE(parameters);
    const Result<ReadRequest> made = read_authorization_request(t.services, *parameters);
    REQUIRE(made);
    return *made;
  }
  // The name of the error that the client gets; "page: …" for one that only the person sees.
  std::string refusal(const Pairs& changes) {
    const ReadRequest made = read(changes);
    if (!made.refusal) return "";
    return (made.refusal->redirects ? "" : "page: ") + made.refusal->error.name;
  }

  test::Instance t;
};

TEST_CASE("a whole request is read") {
  Asking a;
  const ReadRequest read = a.read({{"nonce", "n"},
                                   {"prompt", "login consent"},
                                   {"max_age", "60"},
                                   {"acr_values", "mfa 1fa"},
                                   {"response_mode", "form_post"},
                                   {"login_hint", "ann"},
                                   {"display", "popup"},
                                   {"unknown", "x"}});
  REQUIRE_FALSE(read.refusal);
  CHECK(read.request.scopes == std::vector<std::string>{"openid", "email"});
  CHECK(read.request.by_form_post);
  CHECK(read.request.nonce == "n");
  CHECK(read.request.has_prompt("consent"));
  CHECK(read.request.max_age == Seconds(60));
  CHECK(read.request.acr_values.size() == 2);
  CHECK(read.request.named_redirect_uri);
}

TEST_CASE("an answer goes only to a registered address") {
  Asking a;
  CHECK(a.refusal({{"client_id", ""}}) == "page: invalid_client");
  CHECK(a.refusal({{"client_id", "nobody"}}) == "page: invalid_client");
  CHECK(a.refusal({{"redirect_uri", "https://evil.example/"}}) == "page: invalid_request");
  // With another mistake too: the page comes first.
  CHECK(a.refusal({{"redirect_uri", "https://evil.example/"}, {"scope", ""}}) ==
        "page: invalid_request");
  const ReadRequest only_one = a.read({{"redirect_uri", ""}});
  CHECK_FALSE(only_one.refusal);
  CHECK(only_one.request.redirect_uri == "https://app.example/callback");
  CHECK_FALSE(only_one.request.named_redirect_uri);
  test::put_client(a.t, "two", [](tables::Client& client) {
    client.redirect_uris.push_back("https://two.example/other");
  });
  CHECK(a.refusal({{"client_id", "two"}, {"redirect_uri", ""}}) == "page: invalid_request");
}

TEST_CASE("what this server does not do is refused by its name") {
  Asking a;
  CHECK(a.refusal({{"response_type", ""}}) == "invalid_request");
  for (const char* type : {"token", "id_token", "code id_token", "none"})
    CHECK(a.refusal({{"response_type", type}}) == "unsupported_response_type");
  CHECK(a.refusal({{"response_mode", "fragment"}}) == "invalid_request");
  CHECK(a.refusal({{"request", "a.b.c"}}) == "request_not_supported");
  CHECK(a.refusal({{"request_uri", "https://a.example"}}) == "request_uri_not_supported");
  CHECK(a.refusal({{"registration", "{}"}}) == "registration_not_supported");
  CHECK(a.refusal({{"prompt", "none login"}}) == "invalid_request");
  CHECK(a.refusal({{"prompt", "sometimes"}}) == "invalid_request");
  CHECK(a.refusal({{"max_age", "-1"}}) == "invalid_request");
  CHECK(a.refusal({{"claims", "x"}}) == "invalid_request");
  CHECK(a.refusal({{"nonce", std::string(1001, 'n')}}) == "invalid_request");
  test::put_client(a.t, "machine",
                   [](tables::Client& client) { client.grant_types = {"client_credentials"}; });
  CHECK(a.refusal({{"client_id", "machine"},
                   {"redirect_uri", "https://machine.example/callback"}}) == "unauthorized_client");
}

TEST_CASE("PKCE is required, with S256, unless the client is excused") {
  Asking a;
  CHECK(a.refusal({{"code_challenge", ""}, {"code_challenge_method", ""}}) == "invalid_request");
  CHECK(a.refusal({{"code_challenge_method", "plain"}}) == "invalid_request");
  CHECK(a.refusal({{"code_challenge_method", ""}}) == "invalid_request");
  CHECK(a.refusal({{"code_challenge", "short"}}) == "invalid_request");
  CHECK(a.refusal({{"code_challenge", std::string(43, '!')}}) == "invalid_request");
  test::put_client(a.t, "old", [](tables::Client& client) { client.pkce_optional = true; });
  const Pairs old = {{"client_id", "old"},
                     {"redirect_uri", "https://old.example/callback"},
                     {"code_challenge", ""},
                     {"code_challenge_method", ""}};
  CHECK(a.refusal(old).empty());
  Pairs downgraded = old;
  downgraded.back().second = "S256";
  CHECK(a.refusal(downgraded) == "invalid_request");
}

TEST_CASE("a client gets the scopes that it may have, and hears of nothing else") {
  Asking a;
  test::put_client(a.t, "small", [](tables::Client& client) {
    client.scopes = {"openid"};
    client.grant_types = {"authorization_code"};
  });
  const Pairs small = {{"client_id", "small"}, {"redirect_uri", "https://small.example/callback"}};
  Pairs wants = small;
  wants.emplace_back("scope", "openid email no_such offline_access");
  CHECK(a.read(wants).request.scopes == std::vector<std::string>{"openid"});
  wants.back().second = "email";
  CHECK(a.refusal(wants) == "invalid_scope");
  wants.back().second = "";
  CHECK(a.refusal(wants) == "invalid_scope");
}

TEST_CASE("a resource must be registered, and allowed to the client") {
  Asking a;
  CHECK(a.refusal({{"resource", "https://api.example.org"}}) == "invalid_target");
  REQUIRE(a.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::resources.put(tx, {"https://api.example.org", "API", {"photos"}, 0, Time{}, {}});
    return {};
  }));
  CHECK(a.refusal({{"resource", "https://api.example.org"}}) == "invalid_target");
  test::put_client(a.t, "app",
                   [](tables::Client& client) { client.resources = {"https://api.example.org"}; });
  const ReadRequest read = a.read({{"resource", "https://api.example.org"}, {"scope", "photos"}});
  REQUIRE_FALSE(read.refusal);
  CHECK(read.request.scopes == std::vector<std::string>{"photos"});
}

TEST_CASE("a hint is an ID token of this server, for this client") {
  Asking a;
  const auto token = [&](const std::string& audience, std::string_view typ) {
    JsonWriter json;
    json.begin_object()
        .field("iss", a.t.services.config.tokens.issuer)
        .field("sub", "subject-1")
        .field("aud", audience)
        .field("exp", 1)
        .end_object();
    const auto made = sign_jwt(a.t.services, crypto::Algorithm::es256, typ, json.text());
    REQUIRE(made);
    return *made;
  };
  const ReadRequest read = a.read({{"id_token_hint", token("app", kIdTokenType)}});
  REQUIRE_FALSE(read.refusal);
  CHECK(read.request.hinted_subject == "subject-1");
  CHECK(a.refusal({{"id_token_hint", token("other", kIdTokenType)}}) == "invalid_request");
  // What this server does not know as an ID token says nothing: the key may be gone.
  for (const std::string& unknown : {token("app", "at+jwt"), std::string("x")}) {
    const ReadRequest other = a.read({{"id_token_hint", unknown}});
    REQUIRE_FALSE(other.refusal);
    CHECK(other.request.hinted_subject.empty());
  }
}

TEST_CASE("an answer carries state and issuer") {
  Asking a;
  const ReadRequest read = a.read({{"state", "a b&c"}});
  const std::string issuer = "iss=http%3A%2F%2Flocalhost%3A8080";
  CHECK(answer_address(read.request, code_answer(a.t.services, read.request, "the-code")) ==
        "https://app.example/callback?code=the-code&state=a%20b%26c&" + issuer);
  AuthorizationRequest with_query = read.request;
  with_query.redirect_uri += "?x=1";
  with_query.state.clear();
  const Error denied{ErrorCode::forbidden, "No.", "", "access_denied"};
  CHECK(answer_address(with_query, error_answer(a.t.services, with_query, denied)) ==
        "https://app.example/callback?x=1&error=access_denied&error_description=No.&" + issuer);
}

}  // namespace
}  // namespace authd::auth
