#include "auth/oauth/clients/imported_secret.h"

#include "auth/oauth/clients/client_admin.h"
#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

constexpr const char* kSecret = "a secret of the wiki";
// Of kSecret, as Authelia and Pocket ID have it.
constexpr const char* kPbkdf2 =
    "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$CjPxjxn9bBlpePCVUncPf/"
    "y9hN7OVGYkouMlKPJi51lT2dpiFHvCzRhF5Z5TeBLiVSxOmvZ0kyP9Nk1ZtWRuxg";
constexpr const char* kBcrypt = "$2b$04$abcdefghijklmnopqrstuugs1V6EILlMcsR2nAChFsao3cd2pUjeK";

tables::ClientSecretRow imported(const std::string& hash, Time end = {}) {
  return {"imported", hash, Time{}, end, {}};
}

struct Wiki {
  explicit Wiki(const std::string& hash, Time end = {}) {
    test::put_client(t, "wiki", [&](tables::Client& client) {
      client.secret_hash.clear();
      client.secrets = {tables::encode_row(imported(hash, end))};
    });
  }
  tables::Client client() {
    return t.store
        .read([](store::ReadTxn& tx) { return Result<tables::Client>(*find_client(tx, "wiki")); })
        .value();
  }
  Result<Program> authenticate(const std::string& secret, bool may_wait = true) {
    ClientCredentials sent;
    sent.id = "wiki";
    sent.secret = ClientSecret(std::string(secret));
    sent.may_wait = may_wait;
    return authenticate_client(t.services, sent, test::from("192.0.2.1"));
  }
  bool has_imported_hash() { return has_imported_secret(client(), t.clock.now()); }

  test::Instance t;
};

TEST_CASE("a secret that another system hashed is right once in its form, and then in ours") {
  for (const char* hash : {kPbkdf2, kBcrypt}) {
    INFO(hash);
    Wiki wiki(hash);
    CHECK_FALSE(wiki.authenticate("another secret"));
    CHECK(wiki.has_imported_hash());
    REQUIRE(wiki.authenticate(kSecret));
    CHECK_FALSE(wiki.has_imported_hash());
    const auto secrets = secrets_of(wiki.client());
    REQUIRE(secrets.size() == 1);
    CHECK(secrets[0].id == "imported");
    CHECK(secrets[0].hash == crypto::sha256(kSecret));
    CHECK(wiki.t.counters.rehashes == 1);
    // Without a slow check from now on.
    CHECK(wiki.authenticate(kSecret, false));
    CHECK_FALSE(wiki.authenticate("another secret"));
    CHECK_FALSE(wiki.authenticate(hash));
  }
}

TEST_CASE("an imported secret is checked only where the thread may wait, and until its end") {
  Wiki wiki(kBcrypt);
  CHECK_FALSE(wiki.authenticate(kSecret, false));
  CHECK(wiki.has_imported_hash());
  Wiki ended(kBcrypt, wiki.t.clock.now());
  CHECK_FALSE(ended.authenticate(kSecret));
}

TEST_CASE("guesses at an imported secret are refused before a hash is computed") {
  Wiki wiki(kBcrypt);
  std::optional<Error> last;
  for (int i = 0; i < 200 && (!last || last->code != ErrorCode::rate_limited); ++i)
    last = wiki.authenticate("wrong").error();
  REQUIRE(last);
  REQUIRE(last->code == ErrorCode::rate_limited);
  const uint64_t done = wiki.t.hasher.stats().done;
  CHECK(wiki.authenticate("wrong").error().code == ErrorCode::rate_limited);
  CHECK(wiki.t.hasher.stats().done == done);
}

TEST_CASE("few imported secrets are checked at once") {
  Wiki wiki(kBcrypt);
  for (uint64_t i = 0; i < kMaxSecretChecks; ++i)
    wiki.t.in_flight.add("imported client secret");
  CHECK(wiki.authenticate(kSecret).error().code == ErrorCode::busy);
  wiki.t.in_flight.remove("imported client secret");
  CHECK(wiki.authenticate(kSecret));
}

TEST_CASE("what can be the hash of an imported secret") {
  CHECK(is_importable_hash(kPbkdf2));
  CHECK(is_importable_hash(kBcrypt));
  CHECK_FALSE(is_importable_hash(crypto::sha256("$")));
  CHECK_FALSE(is_importable_hash("{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="));
  CHECK_FALSE(is_importable_hash("$2b$31$abcdefghijklmnopqrstuugs1V6EILlMcsR2nAChFsao3cd2pUjeK"));
  CHECK_FALSE(is_importable_hash("a secret with more than thirty-two bytes"));
  // A SHA-256 may begin with any byte.
  CHECK_FALSE(is_imported_hash("$" + std::string(31, 'x')));
}

}  // namespace
}  // namespace authd::auth
