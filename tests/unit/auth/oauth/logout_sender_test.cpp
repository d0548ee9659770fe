#include "auth/oauth/logouts/logout_sender.h"

#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/oauth/logouts/logout_token.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/jwt_signing.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/json.h"
#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using tables::DeliveryState;

// Ann has entered some applications, and is signed out of them.
struct Sending {
  Sending() {
    ann = test::add_user(t, "ann");
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      requests.push_back(request);
      if (while_asked) while_asked();
      if (status == 0) return Error{ErrorCode::unavailable, "Connection refused"};
      return fetch::Reply{status, body};
    };
    put_client("app");
  }
  static std::string uri_of(const std::string& id) { return "https://" + id + ".example/told"; }
  void put_client(const std::string& id, const std::function<void(tables::Client&)>& change = {}) {
    tables::Client client = test::put_client(t, id);
    client.id_token_algorithm = "ES256";
    client.backchannel_logout_uri = uri_of(id);
    if (change) change(client);
    write([&](store::WriteTxn& tx) { save_client(tx, client); });
  }
  void write(const std::function<void(store::WriteTxn&)>& act) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      act(tx);
      return {};
    }));
  }
  // Ends a grant to the client. Returns its sid.
  std::string sign_out(const std::string& client = "app") {
    const tables::Grant grant = test::put_grant(t, ann, client);
    write([&](store::WriteTxn& tx) { remove_grant(tx, grant, t.clock.now()); });
    return grant_text(grant.id);
  }
  // Sends what is due; the number of requests.
  size_t send() {
    const size_t before = requests.size();
    while (true) {
      const auto batch = sender.take();
      REQUIRE(batch);
      if (!*batch) return requests.size() - before;
      REQUIRE(sender.send(**batch, stopping));
    }
  }
  tables::LogoutDelivery only(const std::string& client = "app") {
    const auto all = list_logouts(t.services, client);
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    return all->front();
  }

  test::Instance t;
  tables::User ann;
  std::vector<fetch::Request> requests;
  int status = 200;  // 0: nobody answers
  std::string body;
  std::function<void()> while_asked;
  Stopping stopping;
  LogoutSender sender{t.services, t.remote};
};

// The claims of the token in the form.
JsonObject claims_in(Sending& w, const fetch::Request& request) {
  REQUIRE(request.form.starts_with("logout_token="));
  const auto token = percent_decode(request.form.substr(13));
  REQUIRE(token);
  const auto jws = verify_own_jwt(w.t.services, *token, {kLogoutTokenType});
  REQUIRE(jws);
  auto claims = JsonObject::parse(jws->payload);
  REQUIRE(claims);
  return std::move(*claims);
}

TEST_CASE("where a client that registered itself is told, only public addresses are asked") {
  Sending w;
  w.t.config.provider.outbound_networks = {*Network::parse("10.0.0.0/8")};
  w.put_client("stranger", [](tables::Client& client) { client.origin = "registered"; });
  w.sign_out();
  REQUIRE(w.send() == 1);
  CHECK(w.requests.back().reach == fetch::Reach::any);
  w.sign_out("stranger");
  REQUIRE(w.send() == 1);
  CHECK(w.requests.back().reach == fetch::Reach::public_only);
  CHECK(w.requests.back().networks == w.t.config.provider.outbound_networks);
}

TEST_CASE("an application is told with a token that it can verify") {
  Sending w;
  const std::string sid = w.sign_out();
  REQUIRE(w.send() == 1);
  const fetch::Request& request = w.requests.front();
  CHECK(request.url == Sending::uri_of("app"));
  CHECK(request.timeout == kLogoutTimeout);
  const JsonObject claims = claims_in(w, request);
  CHECK(*claims.string("iss") == w.t.config.tokens.issuer);
  CHECK(*claims.string("aud") == "app");
  CHECK(*claims.string("sub") == w.ann.subject);
  CHECK(*claims.string("sid") == sid);
  CHECK(*claims.string("jti") == logout_text(w.only().id));
  CHECK(*claims.integer("iat") == unix_seconds(w.t.clock.now()));
  CHECK(*claims.integer("exp") == unix_seconds(w.t.clock.now()) + 120);
  CHECK(claims.has("events"));
  CHECK_FALSE(claims.has("nonce"));
  CHECK(w.only().state == DeliveryState::delivered);
  CHECK(w.only().attempts == 1);
  CHECK(w.only().ended_at == w.t.clock.now());
  CHECK(w.only().expires_at == w.t.clock.now() + kKeepDelivered);
  CHECK(w.t.counters.logouts_delivered == 1);
  CHECK(w.send() == 0);
}

TEST_CASE("an answer that is none is asked for again, with the same jti and a new token") {
  Sending w;
  w.sign_out();
  w.status = GENERATE(0, 302, 401, 404, 500, 503);
  CHECK(w.send() == 1);
  CHECK(w.only().state == DeliveryState::waiting);
  CHECK_FALSE(w.only().last_error.empty());
  CHECK(w.only().due_at >= w.t.clock.now() + 48s);
  CHECK(w.only().due_at <= w.t.clock.now() + 72s);
  CHECK(w.send() == 0);
  w.t.clock.advance(73s);
  w.status = 204;
  CHECK(w.send() == 1);
  CHECK(w.only().state == DeliveryState::delivered);
  CHECK(*claims_in(w, w.requests[0]).string("jti") == *claims_in(w, w.requests[1]).string("jti"));
  CHECK(w.requests[0].form != w.requests[1].form);
  CHECK(w.t.counters.logouts_failed == 1);
}

TEST_CASE("the pauses between attempts grow up to four hours, for two days") {
  CHECK(pause_after(kLogoutRetries, 1, 0.5) == 1min);
  CHECK(pause_after(kLogoutRetries, 9, 0.5) == 4h);
  Sending w;
  w.sign_out();
  w.status = 0;
  const Time signed_out = w.t.clock.now();
  while (w.only().state == DeliveryState::waiting) {
    w.t.clock.advance(10min);
    w.send();
  }
  CHECK(w.only().state == DeliveryState::dead);
  CHECK(w.only().last_error == "Connection refused");
  CHECK(w.t.clock.now() >= signed_out + kGiveUpLogoutAfter);
  CHECK(w.t.clock.now() <= signed_out + kGiveUpLogoutAfter + 5h);
  CHECK(w.t.counters.logouts_dead == 1);
  CHECK(dead_logouts(w.t.store)->size() == 1);
}

TEST_CASE("an application that refuses the token is asked a few times") {
  Sending w;
  w.sign_out();
  w.status = 400;
  w.body = "{\"error\":\"invalid_request\x1b\"}";
  for (uint64_t i = 0; i < kMaxLogoutRefusals; ++i) {
    CHECK(w.only().state == DeliveryState::waiting);
    CHECK(w.send() == 1);
    w.t.clock.advance(5h);
  }
  CHECK(w.only().state == DeliveryState::dead);
  CHECK(w.only().last_error.starts_with("HTTP 400"));
  CHECK(w.only().last_error.find('\x1b') == std::string::npos);
}

TEST_CASE("the first refusal after a time in which an application was down is not the end") {
  Sending w;
  w.sign_out();
  w.status = 503;
  for (uint64_t i = 0; i < kMaxLogoutRefusals; ++i) {
    CHECK(w.send() == 1);
    w.t.clock.advance(5h);
  }
  w.status = 400;
  CHECK(w.send() == 1);
  CHECK(w.only().state == DeliveryState::waiting);
  w.t.clock.advance(5h);
  CHECK(w.send() == 1);
  CHECK(w.only().state == DeliveryState::dead);
}

TEST_CASE("an operator has a delivery sent again") {
  Sending w;
  w.sign_out();
  const std::string id = logout_text(w.only().id);
  w.status = 503;
  w.send();
  CHECK(w.send() == 0);
  REQUIRE(retry_logout(w.t.services, "app", id, {}));
  CHECK(w.send() == 1);
  while (w.only().state != DeliveryState::dead) {
    w.t.clock.advance(5h);
    w.send();
  }
  w.status = 200;
  SECTION("one") {
    CHECK(retry_logout(w.t.services, "other", id, {}).error().code == ErrorCode::not_found);
    CHECK(retry_logout(w.t.services, "app", "00", {}).error().code == ErrorCode::not_found);
    const auto revived = retry_logout(w.t.services, "app", id, {});
    REQUIRE(revived);
    CHECK(revived->state == DeliveryState::waiting);
    CHECK(revived->attempts == 0);
  }
  SECTION("all") {
    CHECK(*retry_logouts(w.t.services, "app", {}) == 1);
    CHECK(retry_logouts(w.t.services, "other", {}).error().code == ErrorCode::not_found);
  }
  CHECK(w.send() == 1);
  CHECK(w.only().state == DeliveryState::delivered);
  CHECK(retry_logout(w.t.services, "app", id, {}).error().name == "already_delivered");
  CHECK(*retry_logouts(w.t.services, "app", {}) == 0);
}

TEST_CASE("what an operator wants sent again while it is being sent is sent again") {
  Sending w;
  w.sign_out();
  w.status = 503;
  w.while_asked = [&] {
    w.while_asked = {};
    REQUIRE(retry_logout(w.t.services, "app", logout_text(w.only().id), {}));
  };
  CHECK(w.send() == 2);
  CHECK(w.only().due_at > w.t.clock.now());
}

TEST_CASE("deliveries are listed newest first, those of one client") {
  Sending w;
  w.put_client("other");
  std::vector<std::string> sids;
  for (int i = 0; i < 5; ++i) {
    w.t.clock.advance(1s);
    sids.insert(sids.begin(), w.sign_out());
    w.sign_out("other");
  }
  const auto all = list_logouts(w.t.services, "app");
  REQUIRE(all);
  std::vector<std::string> listed;
  for (const tables::LogoutDelivery& one : *all)
    listed.push_back(one.sid);
  CHECK(listed == sids);
  CHECK(list_logouts(w.t.services, "app", {}, 2)->size() == 2);
  CHECK(list_logouts(w.t.services, "app", DeliveryState::dead)->empty());
  CHECK(list_logouts(w.t.services, "nobody").error().code == ErrorCode::not_found);
  CHECK(*waiting_logouts(w.t.store) == 10);
}

TEST_CASE("whoever is not there any more is not told") {
  Sending w;
  w.sign_out();
  SECTION("no address") {
    w.put_client("app", [](tables::Client& client) { client.backchannel_logout_uri.clear(); });
  }
  SECTION("another client of the same id") {
    w.t.clock.advance(1s);
    w.put_client("app");
  }
  CHECK(w.send() == 0);
  CHECK(list_logouts(w.t.services, "app")->empty());
}

TEST_CASE("an address that changes is used at once") {
  Sending w;
  w.sign_out();
  const Time then = w.t.clock.now();
  w.put_client("app", [&](tables::Client& client) {
    client.created_at = then;
    client.backchannel_logout_uri = "https://new.example/told";
  });
  CHECK(w.send() == 1);
  CHECK(w.requests.front().url == "https://new.example/told");
}

TEST_CASE("a client has one batch at a time, and others do not wait for it") {
  Sending w;
  w.put_client("other");
  w.sign_out();
  w.sign_out();
  w.sign_out("other");
  const auto first = w.sender.take();
  REQUIRE(*first);
  CHECK((*first)->ids.size() == ((*first)->client == "app" ? 2 : 1));
  // What comes meanwhile waits.
  w.sign_out((*first)->client);
  const auto second = w.sender.take();
  REQUIRE(*second);
  CHECK((*second)->client != (*first)->client);
  CHECK_FALSE(*w.sender.take());
  REQUIRE(w.sender.send(**first, {}));
  const auto third = w.sender.take();
  REQUIRE(*third);
  CHECK((*third)->client == (*first)->client);
}

TEST_CASE("clients get their turns") {
  Sending w;
  w.put_client("other");
  for (size_t i = 0; i < 3 * kLogoutBatch; ++i)
    w.sign_out();
  w.sign_out("other");
  std::vector<std::string> turns;
  while (true) {
    const auto batch = w.sender.take();
    if (!*batch) break;
    turns.push_back((*batch)->client);
    REQUIRE(w.sender.send(**batch, {}));
  }
  CHECK(turns.size() == 4);
  CHECK((turns[0] == "other" || turns[1] == "other"));
  CHECK(w.requests.size() == 3 * kLogoutBatch + 1);
}

TEST_CASE("a server that is down is asked once for all that waits in a batch") {
  Sending w;
  w.status = GENERATE(0, 429, 503);
  for (int i = 0; i < 5; ++i)
    w.sign_out();
  CHECK(w.send() == 1);
  const auto waiting = list_logouts(w.t.services, "app");
  REQUIRE(waiting);
  CHECK(waiting->size() == 5);
  for (const tables::LogoutDelivery& one : *waiting) {
    CHECK(one.attempts == 1);
    CHECK_FALSE(one.last_error.empty());
    CHECK(one.due_at > w.t.clock.now());
  }
}

TEST_CASE("an error about one person does not concern the others") {
  Sending w;
  w.status = 500;
  for (int i = 0; i < 5; ++i)
    w.sign_out();
  CHECK(w.send() == 5);
}

TEST_CASE("what a process had claimed when it died is sent after a while") {
  Sending w;
  w.sign_out();
  REQUIRE(*w.sender.take());
  LogoutSender next(w.t.services, w.t.remote);
  CHECK_FALSE(*next.take());
  w.t.clock.advance(kLogoutClaim);
  const auto batch = next.take();
  REQUIRE(*batch);
  CHECK(*next.send(**batch, {}) == 1);
  CHECK(w.requests.size() == 1);
}

TEST_CASE("what an end leaves unsent is due at once, and counts as no attempt") {
  Sending w;
  w.sign_out();
  w.sign_out();
  bool is_ending = false;
  w.stopping = [&] { return is_ending; };
  SECTION("between two") {
    w.while_asked = [&] { is_ending = true; };
    const auto batch = w.sender.take();
    CHECK(*w.sender.send(**batch, w.stopping) == 1);
  }
  SECTION("while one is asked") {
    w.while_asked = [&] {
      is_ending = true;
      w.status = 0;
    };
    const auto batch = w.sender.take();
    CHECK(*w.sender.send(**batch, w.stopping) == 0);
  }
  const auto waiting = list_logouts(w.t.services, "app", DeliveryState::waiting);
  for (const tables::LogoutDelivery& one : *waiting) {
    CHECK(one.attempts == 0);
    CHECK(one.due_at == w.t.clock.now());
    CHECK(one.last_error.empty());
  }
  is_ending = false;
  w.while_asked = {};
  w.status = 200;
  CHECK(w.send() == waiting->size());
}

TEST_CASE("what was written while the clock was ahead is sent now") {
  Sending w;
  w.t.clock.advance(48h);
  w.sign_out();
  w.t.clock.advance(-48h);
  CHECK(w.send() == 1);
}

TEST_CASE("more than one look can hold hides nobody's deliveries") {
  Sending w;
  w.put_client("other");
  for (size_t i = 0; i < 5'100; ++i)
    w.sign_out();
  w.t.clock.advance(1s);
  w.sign_out("other");
  const auto first = w.sender.take();
  REQUIRE((*first)->client == "app");
  // The rest of the first look belongs to a busy client.
  std::optional<LogoutBatch> second;
  for (int i = 0; i < 3 && !second; ++i)
    second = *w.sender.take();
  REQUIRE(second);
  CHECK(second->client == "other");
}

}  // namespace
}  // namespace authd::auth
