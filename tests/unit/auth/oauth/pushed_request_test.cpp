#include "auth/oauth/requests/pushed_request.h"

#include "auth/core/limits/allowance.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/proofs/dpop.h"
#include "auth/oauth/requests/authorization.h"
#include "auth/oauth/tokens/grants.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "support/client_signer.h"
#include "support/clients.h"
#include "support/people.h"
#include "tables/expiry.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using Pairs = std::vector<Parameters::Pair>;

const std::string kChallenge(43, 'c');
const char* const kHome = "192.0.2.7";

Parameters parameters_of(const Pairs& pairs) {
  Result<Parameters> read = Parameters::read(pairs);
  REQUIRE(read);
  return std::move(*read);
}

struct Pushing {
  Pushing() { put_client(); }
  void put_client(const std::function<void(tables::Client&)>& change = {},
                  const std::string& id = "app") {
    client = test::put_client(t, id, change);
  }
  // With these parameters in place of its own.
  Result<PushedReference> try_push(const Pairs& changes = {}, const std::string& address = kHome) {
    std::map<std::string, std::string> all = {{"redirect_uri", client.redirect_uris.front()},
                                              {"response_type", "code"},
                                              {"scope", "openid email"},
                                              {"state", "s"},
                                              {"code_challenge", kChallenge},
                                              {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : changes)
      all[name] = value;
    Origin origin;
    origin.address = IpAddress::parse(address).value();
    return push_request(t.services, Program{client}, parameters_of(Pairs(all.begin(), all.end())),
                        Proof{}, origin);
  }
  std::string push(const Pairs& changes = {}) {
    const auto made = try_push(changes);
    REQUIRE(made);
    return made->request_uri;
  }
  std::string refusal(const Pairs& changes) {
    const auto made = try_push(changes);
    return made ? "" : made.error().name;
  }
  CarriedRequest begin(const std::string& reference, const std::string& client_id = "app") {
    return begun_request(
        parameters_of({{"client_id", client_id}, {"request_uri", reference}, {"scope", "phone"}}),
        t.clock.now());
  }
  ReadRequest read(const CarriedRequest& carried) {
    Result<ReadRequest> made = read_carried_request(t.services, carried);
    REQUIRE(made);
    return std::move(*made);
  }
  // "page: invalid_request_uri"
  std::string read_refusal(const CarriedRequest& carried) {
    const ReadRequest made = read(carried);
    if (!made.refusal) return "";
    return (made.refusal->redirects ? "" : "page: ") + made.refusal->error.name;
  }
  // As if others had taken so many of what is for all.
  void use_up(std::string_view what, std::string_view whose, uint64_t count) {
    const Allowance allowance{what, count + 1'000'000, kPushedWindow};
    for (uint64_t i = 0; i < count; ++i) {
      REQUIRE(t.store.write(
          [&](store::WriteTxn& tx) { return take_one(tx, allowance, whose, t.clock.now()); }));
    }
  }
  size_t rows() {
    size_t count = 0;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      tables::pushed_requests.scan(tx, "", "", [&](std::string_view, const tables::PushedRequest&) {
        count += 1;
        return true;
      });
      return {};
    }));
    return count;
  }
  tables::PushedRequest only_row() {
    std::optional<tables::PushedRequest> found;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      tables::pushed_requests.scan(tx, "", "",
                                   [&](std::string_view, const tables::PushedRequest& row) {
                                     found = row;
                                     return true;
                                   });
      return {};
    }));
    REQUIRE(found);
    return *found;
  }

  test::Instance t;
  tables::Client client;
};

TEST_CASE("a pushed request is what the browser asks for, and nothing that it adds") {
  Pushing p;
  const auto made = p.try_push({{"client_secret", "the secret"}, {"ui_locales", "de"}});
  REQUIRE(made);
  CHECK(made->expires_in == 60s);
  CHECK(made->request_uri.starts_with("urn:ietf:params:oauth:request_uri:"));
  CHECK(made->request_uri.size() == 34 + 43);
  // The store has neither the reference nor the secret.
  const tables::PushedRequest row = p.only_row();
  CHECK(row.id == crypto::sha256(made->request_uri.substr(34)));
  CHECK(row.parameters.find("secret") == std::string::npos);
  const CarriedRequest carried = p.begin(made->request_uri);
  CHECK(carried.parameters["scope"].empty());
  const ReadRequest read = p.read(carried);
  REQUIRE_FALSE(read.refusal);
  CHECK(read.request.scopes == std::vector<std::string>{"openid", "email"});
  CHECK(read.request.state == "s");
  CHECK(read.request.ui_locales == "de");
  CHECK(read.request.pushed == row.id);
}

TEST_CASE("what the authorization endpoint would refuse is refused when it is pushed") {
  Pushing p;
  CHECK(p.refusal({{"redirect_uri", "https://evil.example/"}}) == "invalid_request");
  CHECK(p.refusal({{"response_type", "token"}}) == "unsupported_response_type");
  CHECK(p.refusal({{"code_challenge", ""}, {"code_challenge_method", ""}}) == "invalid_request");
  CHECK(p.refusal({{"scope", "admin"}}) == "invalid_scope");
  CHECK(p.refusal({{"resource", "https://api.example.org"}}) == "invalid_target");
  CHECK(p.refusal({{"request_uri", "urn:ietf:params:oauth:request_uri:x"}}) == "invalid_request");
  CHECK(p.refusal({{"request_uri", "https://app.example/request"}}) == "invalid_request");
  CHECK(p.refusal({{"state", std::string(kMaxPushed, 's')}}) == "invalid_request");
  CHECK(p.rows() == 0);
  p.put_client([](tables::Client& client) { client.grant_types = {"client_credentials"}; });
  CHECK(p.refusal({}) == "unauthorized_client");
}

TEST_CASE("one that is too long for an address fits") {
  Pushing p;
  const std::string state(kMaxCarried + 1000, 's');
  const CarriedRequest carried = p.begin(p.push({{"state", state}}));
  const auto text = carried_text(p.t.services, carried);
  REQUIRE(text);
  const auto again = read_carried(p.t.services, *text, p.t.clock.now());
  REQUIRE(again);
  CHECK(p.read(*again).request.state == state);
}

TEST_CASE("it begins within a minute, and then lasts as long as the sign-in may take") {
  Pushing p;
  const std::string reference = p.push();
  p.t.clock.advance(59s);
  const CarriedRequest begun = p.begin(reference);
  REQUIRE(keep_begun(p.t.services, p.read(begun).request));
  CHECK(p.only_row().expires_at == p.only_row().created_at + kPushedRowLife);
  p.t.clock.advance(2s);
  CHECK(p.read_refusal(p.begin(reference)) == "page: invalid_request_uri");
  p.t.clock.advance(kRequestLife - 3s);
  CHECK(p.read_refusal(begun).empty());
  REQUIRE(tables::sweep_expired(p.t.store, p.t.clock.now()));
  CHECK(p.read_refusal(begun).empty());
  p.t.clock.advance(1min);
  REQUIRE(tables::sweep_expired(p.t.store, p.t.clock.now()));
  CHECK(p.rows() == 0);
}

TEST_CASE("what no browser asks for is gone after two minutes") {
  Pushing p;
  const std::string reference = p.push();
  p.t.clock.advance(59s);
  // By a form: the browser comes back with this at once.
  const CarriedRequest begun = p.begin(reference);
  p.t.clock.advance(60s);
  const ReadRequest read = p.read(begun);
  CHECK_FALSE(read.refusal);
  p.t.clock.advance(1s);
  CHECK(p.read_refusal(begun) == "page: invalid_request_uri");
  REQUIRE(tables::sweep_expired(p.t.store, p.t.clock.now()));
  CHECK(p.rows() == 0);
  CHECK(keep_begun(p.t.services, read.request));
  CHECK(p.rows() == 0);
}

// A client that signs its requests.
struct Signing : Pushing {
  Signing() {
    t.config.public_url = "https://auth.test";
    t.config.tokens.issuer = "https://auth.test";
    change([&](tables::Client& made) { made.jwks = signer.jwks(); });
  }
  // It stays the same client.
  void change(const std::function<void(tables::Client&)>& how) {
    how(client);
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      save_client(tx, client);
      return {};
    }));
  }
  Pairs signed_by(const test::ClientSigner& by) const {
    const int64_t exp = unix_seconds(t.clock.now()) + 60;
    return {{"state", "outside"},
            {"request", by.sign({{"iss", "\"app\""},
                                 {"aud", "\"https://auth.test\""},
                                 {"exp", std::to_string(exp)},
                                 {"client_id", "\"app\""},
                                 {"response_type", "\"code\""},
                                 {"redirect_uri", test::json_text(client.redirect_uris.front())},
                                 {"scope", "\"openid\""},
                                 {"state", "\"inside\""},
                                 {"code_challenge", test::json_text(kChallenge)},
                                 {"code_challenge_method", "\"S256\""}})}};
  }

  test::ClientSigner signer{t};
  test::ClientSigner next{t};
};

TEST_CASE("a request that was signed is verified when it is pushed, and not again") {
  Signing p;
  p.change([](tables::Client& client) { client.requires_jar = true; });
  CHECK(p.refusal({}) == "invalid_request");
  CHECK(p.refusal(p.signed_by(p.next)) == "invalid_request_object");
  const CarriedRequest carried = p.begin(p.push(p.signed_by(p.signer)));
  CHECK(p.only_row().parameters.find("outside") == std::string::npos);
  REQUIRE(keep_begun(p.t.services, p.read(carried).request));
  // The client gets new keys while the person signs in.
  p.change([&](tables::Client& client) { client.jwks = p.next.jwks(); });
  p.t.clock.advance(30min);
  const ReadRequest read = p.read(carried);
  REQUIRE_FALSE(read.refusal);
  CHECK(read.request.state == "inside");
  CHECK(read.request.scopes == std::vector<std::string>{"openid"});
}

TEST_CASE("a request that was not signed does not count for a client that must sign by now") {
  Signing p;
  const CarriedRequest carried = p.begin(p.push({{"!", "!"}}));
  const CarriedRequest other = p.begin(p.push(p.signed_by(p.signer)));
  p.change([](tables::Client& client) { client.requires_jar = true; });
  CHECK(p.read_refusal(carried) == "invalid_request");
  CHECK(p.read_refusal(other).empty());
}

TEST_CASE("a reference that is unknown, of another client or of an earlier one has one answer") {
  Pushing p;
  const std::string reference = p.push();
  p.put_client({}, "other");
  const std::string prefix = "urn:ietf:params:oauth:request_uri:";
  for (const CarriedRequest& carried :
       {p.begin(reference, "other"), p.begin(reference, "nobody"), p.begin(prefix + "x"),
        p.begin(prefix), p.begin(reference + "A"), p.begin(prefix + std::string(500, 'x'))}) {
    const ReadRequest read = p.read(carried);
    REQUIRE(read.refusal);
    CHECK_FALSE(read.refusal->redirects);
    CHECK(read.refusal->error.name == "invalid_request_uri");
    CHECK(read.refusal->error.message == p.read(p.begin(prefix + "y")).refusal->error.message);
  }
  CHECK(p.read_refusal(p.begin(reference)).empty());
  p.t.clock.advance(1s);
  p.put_client();
  CHECK(p.read_refusal(p.begin(reference)) == "page: invalid_request_uri");
}

TEST_CASE("a client can be held to it") {
  Pushing p;
  p.put_client([](tables::Client& client) { client.requires_par = true; });
  const Parameters direct = parameters_of({{"client_id", "app"},
                                           {"response_type", "code"},
                                           {"scope", "openid"},
                                           {"code_challenge", kChallenge},
                                           {"code_challenge_method", "S256"}});
  const ReadRequest read = p.read(begun_request(direct, p.t.clock.now()));
  REQUIRE(read.refusal);
  CHECK(read.refusal->redirects);
  CHECK(read.refusal->error.name == "invalid_request");
  CHECK(p.read_refusal(p.begin(p.push())).empty());
}

TEST_CASE("each request gets one code, in whichever browser it is answered first") {
  Pushing p;
  const tables::User ann = test::add_user(p.t, "ann");
  p.put_client([](tables::Client& client) { client.skips_consent = true; });
  const CarriedRequest carried = p.begin(p.push());
  p.t.clock.advance(1s);
  const Person first = test::caller_of(p.t, test::tokens_of(test::try_login(p.t, "ann")));
  const Person second = test::caller_of(p.t, test::tokens_of(test::try_login(p.t, "ann")));
  // Both have read it before either is answered.
  const ReadRequest read = p.read(carried);
  REQUIRE_FALSE(read.refusal);
  const IpAddress address = IpAddress::parse(kHome).value();
  CHECK(grant_code(p.t.services, {read.request, carried, &first, address}, {}));
  const auto again = grant_code(p.t.services, {read.request, carried, &second, address}, {});
  REQUIRE_FALSE(again);
  CHECK(again.error().name == "invalid_request_uri");
  CHECK(list_grants(p.t.services, ann.id, p.t.clock.now())->size() <= 1);
  CHECK(p.rows() == 0);
  CHECK(p.read_refusal(carried) == "page: invalid_request_uri");
  CHECK(end_pushed(p.t.services, read.request));
}

TEST_CASE("an answer that is an error ends it, too") {
  Pushing p;
  const CarriedRequest carried = p.begin(p.push());
  REQUIRE(end_pushed(p.t.services, p.read(carried).request));
  CHECK(p.read_refusal(carried) == "page: invalid_request_uri");
}

TEST_CASE("a stranger fills no store with the requests of a public client") {
  Pushing p;
  p.put_client([](tables::Client& client) {
    client.is_public = true;
    client.secret_hash.clear();
  });
  CHECK(p.refusal({{"state", std::string(kMaxPublicPushed, 's')}}) == "invalid_request");
  for (uint64_t i = 0; i < kMaxPushedFromAddress; ++i)
    REQUIRE(p.try_push());
  const auto more = p.try_push();
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::rate_limited);
  CHECK(more.error().retry_after_s > 0);
  // Somebody else has not used up anything.
  CHECK(p.try_push({}, "192.0.2.8"));
  const size_t before = p.rows();
  for (uint64_t site = 0; site < kMaxPushedFromSite + 10; ++site)
    static_cast<void>(p.try_push({}, "2001:db8:0:" + std::to_string(site) + "::1"));
  CHECK(p.rows() == before + kMaxPushedFromSite);
  p.use_up("pushed by a public client", "app", kMaxPushedByPublic - p.rows());
  CHECK(p.rows() < kMaxPushedByPublic);
  CHECK_FALSE(p.try_push({}, "192.0.2.9"));
  p.t.clock.advance(kPushedWindow);
  CHECK(p.try_push());
}

TEST_CASE("many clients of strangers push no more than one") {
  Pushing p;
  const auto of_stranger = [&](const std::string& id, bool is_public) {
    p.put_client(
        [&](tables::Client& client) {
          client.origin = "registered";
          client.is_public = is_public;
        },
        id);
  };
  of_stranger("first", false);
  CHECK(p.refusal({{"state", std::string(kMaxPublicPushed, 's')}}) == "invalid_request");
  for (uint64_t i = 1; i < kMaxPushedFromAddress; ++i)
    REQUIRE(p.try_push());
  of_stranger("second", true);
  CHECK(p.try_push());
  CHECK(p.try_push().error().code == ErrorCode::rate_limited);
  of_stranger("third", false);
  CHECK(p.try_push().error().code == ErrorCode::rate_limited);
  CHECK(p.try_push({}, "192.0.2.8"));
  p.use_up("pushed by strangers", "", kMaxPushedByStrangers - p.rows());
  CHECK(p.try_push({}, "192.0.2.9").error().code == ErrorCode::rate_limited);
  // The others are not concerned, wherever they are.
  p.put_client({}, "app");
  CHECK(p.try_push());
}

}  // namespace
}  // namespace authd::auth
