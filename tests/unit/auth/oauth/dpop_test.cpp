#include "auth/oauth/proofs/dpop.h"

#include "auth/oauth/memory/memory.h"
#include "auth/oauth/memory/proof_nonce.h"
#include "auth/oauth/requests/pushed_request.h"
#include "auth/oauth/tokens/bound_token.h"
#include "auth/oauth/tokens/code_exchange.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/oauth/tokens/grants.h"
#include "base/json.h"
#include "support/clients.h"
#include "support/people.h"
#include "support/proofs.h"

namespace authd::auth {
namespace {

const std::string kAddress = "https://id.example.org/oauth2/token";
const std::string kVerifier(43, 'v');

struct Prover {
  Prover() { t.clock.advance(std::chrono::minutes(10)); }

  Result<Proof> check(const std::string& text, const std::string& token = "",
                      const std::string& address = kAddress) {
    return check_proof(t.services, {text, "POST", address}, token, t.clock.now());
  }
  std::string make(const std::function<void(test::ProofText&)>& change = {}) {
    return key.make(kAddress, t.clock.now(), change);
  }
  // The name of the error; "" if the proof holds.
  std::string name_of(const std::function<void(test::ProofText&)>& change) {
    const Result<Proof> proof = check(make(change));
    return proof ? "" : proof.error().name;
  }
  Proof proof() { return check(make()).value(); }
  std::string iat(int seconds) { return std::to_string(unix_seconds(t.clock.now()) + seconds); }

  test::Instance t;
  test::ProofKey key;
};

template <typename Change>
bool is_wrong(Prover& p, Change change) {
  return p.name_of(change) == "invalid_dpop_proof";
}

std::string claims_text(const AccessToken& token) {
  const std::string_view text = token.reveal();
  const size_t dot = text.find('.');
  return *base64url_decode(text.substr(dot + 1, text.rfind('.') - dot - 1));
}

}  // namespace

TEST_CASE("a right proof holds, with a key of each algorithm") {
  Prover p;
  for (const auto algorithm :
       {crypto::Algorithm::es256, crypto::Algorithm::eddsa, crypto::Algorithm::rs256}) {
    test::ProofKey key(algorithm);
    const Result<Proof> proof = p.check(key.make(kAddress, p.t.clock.now()));
    REQUIRE(proof);
    CHECK(proof->jkt == key.jkt());
    CHECK(proof->algorithm == algorithm);
    CHECK(is_thumbprint(proof->jkt));
  }
  CHECK(p.t.services.oauth.proof_keys.size() == 3);
}

TEST_CASE("the thumbprint is that of RFC 7638, whatever else the JWK says") {
  Prover p;
  const std::string jwk = p.key.key().public_jwk();
  const JsonObject members = *JsonObject::parse(jwk);
  JsonWriter required;  // in lexicographic order
  required.begin_object();
  for (const char* name : {"crv", "kty", "x", "y"})
    required.field(name, *members.string(name));
  required.end_object();
  const std::string jkt = base64url_encode(crypto::sha256(required.text()));
  CHECK(p.proof().jkt == jkt);
  const auto proof = p.check(p.make([&](auto& text) { text.jwk = required.text(); }));
  REQUIRE(proof);
  CHECK(proof->jkt == jkt);
}

TEST_CASE("a proof that lacks something is refused") {
  Prover p;
  CHECK(is_wrong(p, [](auto& text) { text.typ = ""; }));
  CHECK(is_wrong(p, [](auto& text) { text.alg = ""; }));
  CHECK(is_wrong(p, [](auto& text) { text.jwk = ""; }));
  CHECK(is_wrong(p, [](auto& text) { text.jti = ""; }));
  CHECK(is_wrong(p, [](auto& text) { text.htm = ""; }));
  CHECK(is_wrong(p, [](auto& text) { text.htu = ""; }));
  CHECK(is_wrong(p, [](auto& text) { text.iat = ""; }));
  CHECK(p.name_of({}).empty());
}

TEST_CASE("a proof that is wrong in one thing is refused") {
  Prover p;
  for (const char* typ : {"jwt", "DPOP+JWT", "application/dpop+jwt", "at+jwt"})
    CHECK(is_wrong(p, [&](auto& text) { text.typ = typ; }));
  for (const char* alg : {"none", "None", "HS256", "ES384", "PS256", "RS256", "EdDSA"})
    CHECK(is_wrong(p, [&](auto& text) { text.alg = alg; }));
  for (const char* htm : {"GET", "post", "PUT"})
    CHECK(is_wrong(p, [&](auto& text) { text.htm = htm; }));
  CHECK(is_wrong(p, [](auto& text) { text.jti = std::string(kMaxProofId + 1, 'j'); }));
  CHECK(p.name_of([](auto& text) { text.jti = std::string(kMaxProofId, 'j'); }).empty());
  CHECK(is_wrong(p, [](auto& text) { text.iat = "\"now\""; }));
  CHECK(is_wrong(p, [](auto& text) { text.iat = "1e300"; }));
  for (const char* malformed : {"", "x", "a.b.c", "....", "e30.e30.e30"}) {
    const auto proof = p.check(malformed);
    REQUIRE_FALSE(proof);
    CHECK(proof.error().name == "invalid_dpop_proof");
    CHECK(proof.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("a signature of another key is refused, and so is a changed proof") {
  Prover p;
  test::ProofKey other;
  CHECK(is_wrong(p, [&](auto& text) { text.jwk = other.key().public_jwk(); }));
  std::string text = p.make();
  text[text.size() - 10] = text[text.size() - 10] == 'A' ? 'B' : 'A';
  CHECK_FALSE(p.check(text));
  // Only a key that has verified something is kept.
  CHECK(p.t.services.oauth.proof_keys.size() == 0);
}

TEST_CASE("a key that is private, symmetric or no key is refused") {
  Prover p;
  const std::string jwk = p.key.key().public_jwk();
  CHECK(is_wrong(
      p, [&](auto& text) { text.jwk = jwk.substr(0, jwk.size() - 1) + R"(,"d":"AAAA"})"; }));
  CHECK(is_wrong(p, [](auto& text) { text.jwk = R"({"kty":"oct","k":"AAAA"})"; }));
  CHECK(is_wrong(p, [](auto& text) { text.jwk = "{}"; }));
  CHECK(is_wrong(p, [](auto& text) { text.jwk = "\"key\""; }));
}

TEST_CASE("the time of a proof is that of this server, nearly") {
  Prover p;
  const auto at = [&](int seconds) {
    return p.name_of([&](auto& text) { text.iat = p.iat(seconds); });
  };
  for (const int seconds : {0, 10, -10, -60})
    CHECK(at(seconds).empty());
  for (const int seconds : {-61, -3600, 16, 3600})
    CHECK(at(seconds) == "invalid_dpop_proof");
  CHECK(p.name_of([&](auto& text) { text.iat = p.iat(0) + ".25"; }).empty());
}

TEST_CASE("the address of a proof is compared without query, fragment and spelling") {
  Prover p;
  const auto with = [&](const char* htu, const std::string& address = kAddress) {
    const auto text = p.make([&](test::ProofText& proof) { proof.htu = htu; });
    return p.check(text, "", address).has_value();
  };
  for (const char* same :
       {"https://id.example.org/oauth2/token?a=b", "https://id.example.org/oauth2/token#part",
        "HTTPS://ID.example.ORG:443/oauth2/token", "https://id.example.org:/oauth2/%74oken"})
    CHECK(with(same));
  for (const char* other :
       {"http://id.example.org/oauth2/token", "https://id.example.org:8443/oauth2/token",
        "https://id.example.org/oauth2/token/", "https://id.example.org/oauth2/Token",
        "https://id.example.org/oauth2/userinfo", "https://id.example.org.evil/oauth2/token",
        "https://x@id.example.org/oauth2/token", "/oauth2/token", "id.example.org/oauth2/token",
        "https://id.example.org/oauth2%2Ftoken", "https://id.example.org/oauth2/token%",
        "https:///oauth2/token"})
    CHECK_FALSE(with(other));
  CHECK(with("https://id.example.org", "https://id.example.org/"));
  CHECK(with("http://[::1]:80/a%2fb", "http://[::1]/a%2Fb"));
}

TEST_CASE("a proof beside a token has its hash") {
  Prover p;
  const auto with = [&](const std::string& ath) {
    return p.check(p.make([&](test::ProofText& text) { text.ath = ath; }), "token").has_value();
  };
  CHECK(with(base64url_encode(crypto::sha256("token"))));
  CHECK_FALSE(with(""));
  CHECK_FALSE(with(base64url_encode(crypto::sha256("another"))));
}

TEST_CASE("a nonce is one of this process, and not old") {
  Prover p;
  const std::string nonce = make_proof_nonce(p.t.services);
  const auto with = [&](const std::string& text) {
    return p.name_of([&](test::ProofText& proof) { proof.nonce = text; });
  };
  CHECK(with(nonce).empty());
  CHECK(with("unknown") == "use_dpop_nonce");
  std::string changed = nonce;
  changed.back() = changed.back() == 'A' ? 'Q' : 'A';
  CHECK(with(changed) == "use_dpop_nonce");
  p.t.clock.advance(kNonceLife);
  CHECK(with(nonce).empty());
  p.t.clock.advance(Milliseconds(1));
  CHECK(with(nonce) == "use_dpop_nonce");
  // Of a process that began at another time.
  test::Instance other;
  other.clock.advance(std::chrono::minutes(20));
  CHECK_FALSE(age_of_proof_nonce(other.services, make_proof_nonce(p.t.services)));
}

TEST_CASE("a proof counts once in memory, and once in the store") {
  Prover p;
  const Proof first = p.proof();
  CHECK(spend_proof(p.t.services, first, p.t.clock.now()));
  const auto again = spend_proof(p.t.services, first, p.t.clock.now());
  REQUIRE_FALSE(again);
  CHECK(again.error().name == "invalid_dpop_proof");
  CHECK(spend_proof(p.t.services, p.proof(), p.t.clock.now()));
  // The same jti of another key is another proof.
  test::ProofKey other;
  const auto same_jti = p.check(
      other.make(kAddress, p.t.clock.now(), [&](test::ProofText& text) { text.jti = first.jti; }));
  REQUIRE(same_jti);
  CHECK(spend_proof(p.t.services, *same_jti, p.t.clock.now()));

  const auto use = [&](const Proof& proof) {
    return p.t.store.write(
        [&](store::WriteTxn& tx) { return use_proof(tx, proof, p.t.clock.now()); });
  };
  CHECK(use(first));
  CHECK_FALSE(use(first));
  CHECK(use(*same_jti));
  CHECK(use(Proof{}));
  CHECK(use(Proof{}));
}

TEST_CASE("nobody can choose the mark of a proof") {
  Prover p;
  p.t.clock.advance(kProofAhead);
  const Proof proof = p.proof();
  // The mark that a client could compute. It has been taken, by a proof that a stranger made up.
  const std::string guessed = crypto::sha256(proof.jkt + " " + proof.jti);
  CHECK(p.t.services.oauth.proofs.note(guessed, p.t.clock.steady_now()) ==
        SeenProofs::Answer::first);
  CHECK(spend_proof(p.t.services, proof, p.t.clock.now()));
  CHECK_FALSE(spend_proof(p.t.services, proof, p.t.clock.now()));
}

TEST_CASE("a proof from before the process began needs a nonce") {
  test::Instance t;
  test::ProofKey key;
  const auto check = [&](const std::string& nonce) {
    const std::string text =
        key.make(kAddress, t.clock.now(), [&](test::ProofText& proof) { proof.nonce = nonce; });
    return check_proof(t.services, {text, "POST", kAddress}, "", t.clock.now()).value();
  };
  const auto refused = spend_proof(t.services, check(""), t.clock.now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().name == "use_dpop_nonce");
  CHECK(spend_proof(t.services, check(make_proof_nonce(t.services)), t.clock.now()));
  t.clock.advance(kProofAhead);
  CHECK(spend_proof(t.services, check(""), t.clock.now()));
}

TEST_CASE("a code, its tokens and the refresh token of a public client keep to one key") {
  Prover p;
  const tables::User user = test::add_user(p.t, "ann");
  tables::Client client;
  std::string code;
  const auto issue = [&](bool is_public, const std::string& jkt) {
    client = test::put_client(p.t, "app", [&](tables::Client& made) {
      made.id_token_algorithm = "ES256";
      made.is_public = is_public;
    });
    MadeGrantCode made = make_grant_code(p.t.services, p.t.clock.now());
    made.row.client = client.id;
    made.row.redirect_uri = client.redirect_uris.front();
    made.row.code_challenge = base64url_encode(crypto::sha256(kVerifier));
    made.row.dpop_jkt = jkt;
    made.row.grant = test::put_grant(p.t, user, client.id, [&](tables::Grant& waiting) {
                       waiting.scopes = {"openid", "offline_access"};
                       waiting.is_open = false;
                       waiting.expires_at = p.t.clock.now() + p.t.config.provider.code_ttl;
                     }).id;
    REQUIRE(p.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::grant_codes.insert(tx, made.row);
      return {};
    }));
    code = made.code;
  };
  const auto exchange = [&](const Proof& proof) {
    return exchange_code(p.t.services, Program{client}, {code, "", kVerifier, {{}, "", proof}}, {});
  };
  const auto refresh = [&](const IssuedTokens& tokens, const Proof& proof) {
    return refresh_grant(p.t.services, Program{client},
                         RefreshToken(std::string(tokens.refresh.reveal())), {{}, "", proof}, {});
  };
  test::ProofKey thief;
  const auto of_thief = [&] { return p.check(thief.make(kAddress, p.t.clock.now())).value(); };

  SECTION("a code for a key") {
    issue(false, p.key.jkt());
    CHECK_FALSE(exchange({}));
    CHECK_FALSE(exchange(of_thief()));
    const auto tokens = exchange(p.proof());
    REQUIRE(tokens);
    // Nor can a thief end with the used code what its owner has.
    CHECK_FALSE(exchange({}));
    CHECK_FALSE(exchange(of_thief()));
    const auto is_there = [&] {
      return !list_grants(p.t.services, user.id, p.t.clock.now())->empty();
    };
    CHECK(is_there());
    CHECK_FALSE(exchange(p.proof()));
    CHECK_FALSE(is_there());
  }
  SECTION("a proof that was used") {
    issue(false, "");
    const Proof used = p.proof();
    REQUIRE(
        p.t.store.write([&](store::WriteTxn& tx) { return use_proof(tx, used, p.t.clock.now()); }));
    const auto refused = exchange(used);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().name == "invalid_dpop_proof");
    CHECK(exchange(p.proof()));  // Nothing was used up.
  }
  SECTION("a public client") {
    issue(true, "");
    const auto tokens = exchange(p.proof());
    REQUIRE(tokens);
    CHECK(tokens->token_type == "DPoP");
    const JsonObject claims = *JsonObject::parse(claims_text(tokens->access));
    CHECK(*claims.object("cnf")->string("jkt") == p.key.jkt());
    CHECK(refresh(*tokens, {}).error().name == "invalid_grant");
    CHECK(refresh(*tokens, of_thief()).error().name == "invalid_grant");
    CHECK(refresh(*tokens, p.proof()));
    // A thief without the key does not end the grant, even with a token that was used.
    p.t.clock.advance(std::chrono::minutes(5));
    CHECK_FALSE(refresh(*tokens, of_thief()));
    CHECK(authenticate_client_token(p.t.services, tokens->access.reveal(), p.t.clock.now()));
  }
  SECTION("a client with a secret may change its key") {
    issue(false, "");
    const auto tokens = exchange(p.proof());
    REQUIRE(tokens);
    const auto next = refresh(*tokens, of_thief());
    REQUIRE(next);
    const JsonObject claims = *JsonObject::parse(claims_text(next->access));
    CHECK(*claims.object("cnf")->string("jkt") == thief.jkt());
    const auto bare = refresh(*next, {});
    REQUIRE(bare);
    CHECK(bare->token_type == "Bearer");
  }
  SECTION("a bound token is good for nothing alone, and another one for nothing with a proof") {
    issue(false, "");
    const auto tokens = exchange(p.proof());
    REQUIRE(tokens);
    const std::string token(tokens->access.reveal());
    const auto alone = authenticate_bearer(p.t.services, token, p.t.clock.now());
    REQUIRE_FALSE(alone);
    CHECK(alone.error().reason == kBoundToken);
    const auto present = [&](test::ProofKey& key, const std::string& text) {
      const std::string proof = key.make(kAddress, p.t.clock.now(), [&](test::ProofText& made) {
        made.ath = base64url_encode(crypto::sha256(text));
      });
      return authenticate_bound(p.t.services, text, {proof, "POST", kAddress}, p.t.clock.now());
    };
    CHECK(present(p.key, token));
    CHECK(present(thief, token).error().name == "invalid_token");
    const auto bare = refresh(*tokens, {});
    REQUIRE(bare);
    CHECK(present(p.key, std::string(bare->access.reveal())).error().reason == kBoundToken);
    CHECK(authenticate_bearer(p.t.services, bare->access.reveal(), p.t.clock.now()));
  }
}

TEST_CASE("a pushed request is bound to the key of its proof") {
  Prover p;
  const tables::Client client = test::put_client(p.t, "app");
  const auto push = [&](const std::string& dpop_jkt, const Proof& proof) {
    const std::vector<Parameters::Pair> pairs = {
        {"client_id", client.id},
        {"response_type", "code"},
        {"redirect_uri", client.redirect_uris.front()},
        {"scope", "openid"},
        {"code_challenge", base64url_encode(crypto::sha256(kVerifier))},
        {"code_challenge_method", "S256"},
        {"dpop_jkt", dpop_jkt}};
    return push_request(p.t.services, Program{client}, *Parameters::read(pairs), proof, {});
  };
  const auto key_of = [&](const Result<PushedReference>& made) {
    const std::vector<Parameters::Pair> pairs = {{"client_id", client.id},
                                                 {"request_uri", made.value().request_uri}};
    const Parameters parameters = *Parameters::read(pairs);
    const CarriedRequest begun = begun_request(parameters, p.t.clock.now());
    return read_carried_request(p.t.services, begun).value().request.dpop_jkt;
  };
  test::ProofKey other;
  CHECK(key_of(push("", {})).empty());
  CHECK(key_of(push(other.jkt(), {})) == other.jkt());
  CHECK(key_of(push("", p.proof())) == p.key.jkt());
  CHECK(key_of(push(p.key.jkt(), p.proof())) == p.key.jkt());
  CHECK(push(other.jkt(), p.proof()).error().name == "invalid_request");
  CHECK(push("short", {}).error().name == "invalid_request");
}

TEST_CASE("the profile fapi2 refuses RS256 in proofs") {
  Prover p;
  tables::Client client;
  Proof proof = p.proof();
  client.is_fapi = true;
  CHECK(check_algorithm(client, proof));
  proof.algorithm = crypto::Algorithm::rs256;
  CHECK(check_algorithm(client, proof).error().name == "invalid_dpop_proof");
  client.is_fapi = false;
  CHECK(check_algorithm(client, proof));
}

}  // namespace authd::auth
