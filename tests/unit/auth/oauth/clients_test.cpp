#include "auth/oauth/clients/clients.h"

#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

ClientCredentials credentials(std::string id, std::string secret, SentBy by = SentBy::form) {
  ClientCredentials sent;
  sent.id = std::move(id);
  sent.secret = ClientSecret(std::move(secret));
  sent.by = by;
  return sent;
}

tables::ClientSecretRow secret_row(const std::string& id, const std::string& text, Time end) {
  return {id, crypto::sha256(text), Time{}, end, {}};
}

bool is_known(test::Instance& t, const ClientCredentials& sent) {
  const Result<Program> program = authenticate_client(t.services, sent, test::from("192.0.2.1"));
  if (!program) CHECK(program.error().code == ErrorCode::unauthenticated);
  return program.has_value();
}

TEST_CASE("a client is known by any of its secrets, until that ends") {
  test::Instance t;
  const Time end = t.clock.now() + std::chrono::hours(1);
  test::put_client(t, "app", [&](tables::Client& client) {
    client.secrets = {tables::encode_row(secret_row("a", "second", end)),
                      tables::encode_row(secret_row("b", "third", Time{}))};
  });
  CHECK(is_known(t, credentials("app", "the secret of app")));
  CHECK(is_known(t, credentials("app", "second")));
  CHECK(is_known(t, credentials("app", "third")));
  t.clock.advance(std::chrono::hours(1));
  CHECK_FALSE(is_known(t, credentials("app", "second")));
  CHECK(is_known(t, credentials("app", "third")));
}

TEST_CASE("a public client with a document is known while documents are allowed there") {
  test::Instance t;
  const std::string id = "https://agent.example/client.json";
  test::put_client(t, id, [](tables::Client& client) {
    client.origin = "document";
    client.is_public = true;
    client.secret_hash.clear();
  });
  CHECK_FALSE(is_known(t, credentials(id, "")));  // the default: off
  t.config.provider.cimd = config::ClientDocuments::open;
  CHECK(is_known(t, credentials(id, "")));
  t.config.provider.cimd = config::ClientDocuments::listed;
  t.config.provider.cimd_hosts = {"other.example"};
  CHECK_FALSE(is_known(t, credentials(id, "")));
  t.config.provider.cimd_hosts = {"agent.example"};
  CHECK(is_known(t, credentials(id, "")));
}

TEST_CASE("nobody else is known") {
  test::Instance t;
  test::put_client(t, "app");
  test::put_client(t, "off", [](tables::Client& client) { client.disabled = true; });
  test::put_client(t, "public", [](tables::Client& client) {
    client.is_public = true;
    client.secret_hash.clear();
  });
  test::put_client(t, "bare", [](tables::Client& client) { client.secret_hash.clear(); });
  CHECK_FALSE(is_known(t, credentials("app", "")));
  CHECK_FALSE(is_known(t, credentials("off", "the secret of off")));
  CHECK_FALSE(is_known(t, credentials("bare", "")));
  CHECK_FALSE(is_known(t, credentials("", "")));
  CHECK_FALSE(is_known(t, credentials(std::string(1000, 'x'), "")));
  CHECK(is_known(t, credentials("public", "")));
  CHECK(is_known(t, credentials("public", "", SentBy::header)));
  CHECK_FALSE(is_known(t, credentials("public", "any")));
}

TEST_CASE("a client that is bound to one way must use it") {
  test::Instance t;
  test::put_client(t, "app",
                   [](tables::Client& client) { client.auth_method = "client_secret_basic"; });
  CHECK(is_known(t, credentials("app", "the secret of app", SentBy::header)));
  CHECK_FALSE(is_known(t, credentials("app", "the secret of app", SentBy::form)));
}

TEST_CASE("Basic credentials count as they are, and decoded") {
  test::Instance t;
  test::put_client(t, "app",
                   [](tables::Client& client) { client.secret_hash = crypto::sha256("a+b c"); });
  ClientCredentials sent = credentials("app", "a%2Bb+c", SentBy::header);
  CHECK_FALSE(is_known(t, sent));
  sent.decoded_secret = ClientSecret("a+b c");
  CHECK(is_known(t, sent));
}

TEST_CASE("guessing a secret is counted for the address, and tells nothing about the id") {
  test::Instance t;
  test::put_client(t, "app");
  std::optional<Error> last;
  for (int i = 0; i < 200 && (!last || last->code != ErrorCode::rate_limited); ++i) {
    const char* id = i % 2 == 0 ? "app" : "nobody";
    const auto program =
        authenticate_client(t.services, credentials(id, "wrong"), test::from("192.0.2.9"));
    REQUIRE_FALSE(program);
    if (program.error().code == ErrorCode::unauthenticated) {
      CHECK(program.error().message == invalid_client().message);
    }
    last = program.error();
  }
  REQUIRE(last);
  CHECK(last->code == ErrorCode::rate_limited);
  // Whoever has the secret is let in, from there too.
  CHECK(authenticate_client(t.services, credentials("app", "the secret of app"),
                            test::from("192.0.2.9")));
}

}  // namespace
}  // namespace authd::auth
