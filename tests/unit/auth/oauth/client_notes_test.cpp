#include "auth/oauth/memory/client_notes.h"

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/refused_client.h"
#include "auth/oauth/memory/memory.h"
#include "base/refusal.h"
#include "support/clients.h"

namespace authd::auth {
namespace {

ClientRefusal refusal(const std::string& error) {
  return {Time{}, "/oauth2/token", error, "Why.", "r1"};
}

}  // namespace

TEST_CASE("the newest refusals of a client are kept", "[client_notes]") {
  ClientNotes notes;
  CHECK(notes.of("app").refusals.empty());
  CHECK_FALSE(notes.of("app").uses_pkce);
  for (int i = 0; i < 12; ++i)
    notes.note_refusal("app", refusal("error" + std::to_string(i)));
  const ClientNotes::Seen seen = notes.of("app");
  REQUIRE(seen.refusals.size() == ClientNotes::kMaxRefusals);
  CHECK(seen.refusals.front().error == "error11");
  CHECK(seen.refusals.back().error == "error2");
  CHECK(notes.of("other").refusals.empty());
}

TEST_CASE("a long message and further clients do not fill the memory", "[client_notes]") {
  ClientNotes notes;
  ClientRefusal wordy = refusal("invalid_grant");
  wordy.message = std::string(10'000, 'm');
  notes.note_refusal("app", std::move(wordy));
  CHECK(notes.of("app").refusals.front().message.size() == ClientNotes::kMaxMessage);
  for (size_t i = 1; i < ClientNotes::kMaxClients; ++i)
    notes.note_request("app" + std::to_string(i), true);
  notes.note_request("app", false);
  notes.note_request("one too many", true);
  // The one whose last note is the oldest gave way.
  CHECK(notes.of("one too many").uses_pkce == true);
  CHECK(notes.of("app").uses_pkce == false);
  CHECK_FALSE(notes.of("app1").uses_pkce);
  CHECK(notes.of("app2").uses_pkce == true);
}

TEST_CASE("a client that is only a document is not noted", "[client_notes]") {
  test::Instance t;
  const std::string id = "https://agent.example/client.json";
  const Error wrong{ErrorCode::malformed, "Wrong."};
  note_request(t.services, id, true);
  note_refusal(t.services, id, "/oauth2/authorize", wrong, "r1");
  CHECK_FALSE(t.oauth.notes.of(id).uses_pkce);
  CHECK(t.oauth.notes.of(id).refusals.empty());
  test::put_client(t, id);
  note_request(t.services, id, true);
  note_refusal(t.services, id, "/oauth2/authorize", wrong, "r1");
  CHECK(t.oauth.notes.of(id).uses_pkce == true);
  CHECK(t.oauth.notes.of(id).refusals.size() == 1);
}

TEST_CASE("waiting, and the server's own faults, are no mistakes of a client", "[client_notes]") {
  test::Instance t;
  const auto note = [&](const Error& error) {
    note_refusal(t.services, "app", "/oauth2/token", error, "r1");
    return t.services.oauth.notes.of("app").refusals.size();
  };
  CHECK(note(Error{ErrorCode::malformed, "Wait.", "", "authorization_pending"}) == 0);
  CHECK(note(Error{ErrorCode::malformed, "Wait.", "", "slow_down"}) == 0);
  CHECK(note(Error{ErrorCode::unavailable, "The store is full."}) == 0);
  CHECK(note(Error{ErrorCode::rate_limited, "Too many."}) == 0);
  CHECK(note(refused(ErrorCode::malformed, "invalid_grant", "Used.")) == 1);
  CHECK(note(Error{ErrorCode::malformed, "No code."}) == 2);
  CHECK(t.services.oauth.notes.of("app").refusals.front().error == "invalid_request");
}

TEST_CASE("a wrong secret is noted for the client that there is", "[client_notes]") {
  test::Instance t;
  test::put_client(t, "app");
  ClientCredentials sent;
  sent.secret = ClientSecret("wrong");
  sent.id = "app";
  CHECK_FALSE(authenticate_client(t.services, sent, {}));
  REQUIRE(t.services.oauth.notes.of("app").refusals.size() == 1);
  CHECK(t.services.oauth.notes.of("app").refusals.front().error == "invalid_client");
  sent.id = "nobody";
  CHECK_FALSE(authenticate_client(t.services, sent, {}));
  CHECK(t.services.oauth.notes.of("nobody").refusals.empty());
}

}  // namespace authd::auth
