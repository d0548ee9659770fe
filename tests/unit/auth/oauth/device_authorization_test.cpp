#include "auth/oauth/requests/device_authorization.h"

#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/oauth/protocol/user_code.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/device_answer.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/id_token_hint.h"
#include "auth/sessions/jwt_signing.h"
#include "auth/sessions/sessions.h"
#include "base/json.h"
#include "support/clients.h"
#include "support/people.h"
#include "support/refusal.h"
#include "tables/expiry.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using test::name_of;

const char* const kApi = "https://api.example.org";
const char* const kTv = "192.0.2.7";
const char* const kPhone = "192.0.2.1";

// A store in which something happens right before a write.
class Interrupted final : public store::Store {
 public:
  explicit Interrupted(store::Store& below) : below_(below) {}
  store::Stats stats() override { return below_.stats(); }
  std::function<void()> before_write;

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override {
    return read_through(below_, fn);
  }
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override {
    if (const auto act = std::exchange(before_write, nullptr)) act();
    return write_through(below_, fn);
  }

 private:
  store::Store& below_;
};

struct Device {
  Device() {
    ann = test::add_user(t, "ann");
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::resources.put(tx, {kApi, "API", {"photos"}, 60'000, Time{}, {}});
      return {};
    }));
    put_client();
    sign_in();
    ask();
  }
  void put_client(const std::function<void(tables::Client&)>& change = {},
                  const std::string& id = "tv") {
    client = test::put_client(t, id, [&](tables::Client& made) {
      made.redirect_uris.clear();
      made.grant_types = {std::string(kDeviceGrant), std::string(kRefreshGrant)};
      made.secret_hash.clear();
      made.is_public = true;
      made.id_token_algorithm = "ES256";
      made.resources = {kApi};
      if (change) change(made);
    });
    REQUIRE(check_members(client));
  }
  void sign_in() {
    t.clock.advance(1s);
    person = test::caller_of(t, test::tokens_of(test::try_login(t, "ann")));
    t.clock.advance(1s);
  }
  Result<DeviceAuthorization> try_ask(const std::string& scope = "openid profile offline_access",
                                      const char* address = kTv) {
    const std::vector<Parameters::Pair> pairs = {{"scope", scope}};
    const auto sent = Parameters::read(pairs);
    REQUIRE(sent);
    return authorize_device(t.services, Program{client}, *sent, test::from(address));
  }
  void ask(const std::string& scope = "openid profile offline_access") {
    const auto made = try_ask(scope);
    REQUIRE(made);
    codes = *made;
    t.clock.advance(1s);
  }
  Result<IssuedTokens> exchange(const Narrowing& narrowing = {}) {
    return exchange_device_code(t.services, Program{client}, codes.device_code, narrowing,
                                test::from(kTv));
  }
  std::string poll() { return name_of(exchange()); }
  Result<WaitingDevice> find(const std::string& typed) {
    return find_device(t.services, *person, typed, test::from(kPhone));
  }
  Result<void> answer(Answer given) {
    const auto device = find(codes.user_code);
    if (!device) return device.error();
    return answer_device(t.services, *device, *person, given, test::from(kPhone));
  }
  void allow() { REQUIRE(answer(Answer::allowed)); }
  bool is_live(const IssuedTokens& tokens) {
    return authenticate_client_token(t.services, tokens.access.reveal(), t.clock.now()).has_value();
  }
  size_t rows() {
    size_t count = 0;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      tables::device_grants.scan(tx, "", "", [&](std::string_view, const tables::DeviceGrant&) {
        count += 1;
        return true;
      });
      return {};
    }));
    return count;
  }
  std::vector<std::string> actions() {
    std::vector<std::string> all;
    const auto entries = list_audit(t.services, {});
    REQUIRE(entries);
    for (const tables::AuditEntry& entry : *entries)
      all.push_back(entry.action);
    return all;
  }

  test::Instance t;
  tables::User ann;
  tables::Client client;
  std::optional<Person> person;
  DeviceAuthorization codes;
};

TEST_CASE("a device waits, a person allows it, and the device gets tokens once") {
  Device d;
  CHECK(d.codes.expires_in == 10min);
  CHECK(d.codes.interval == 5s);
  CHECK(parse_user_code(d.codes.user_code));
  CHECK(d.poll() == "authorization_pending");
  d.allow();
  const auto tokens = d.exchange();
  REQUIRE(tokens);
  CHECK(d.is_live(*tokens));
  CHECK_FALSE(tokens->refresh.empty());
  CHECK(tokens->scopes == std::vector<std::string>{"openid", "profile", "offline_access"});
  const auto jws = verify_own_jwt(d.t.services, tokens->id_token, {kIdTokenType});
  REQUIRE(jws);
  const auto claims = JsonObject::parse(jws->payload);
  REQUIRE(claims);
  CHECK(*claims->string("sub") == d.ann.subject);
  CHECK_FALSE(claims->has("nonce"));
  CHECK(list_grants(d.t.services, d.ann.id, d.t.clock.now())->size() == 1);
  CHECK(contains(d.actions(), "device_authorized"));
  // A second use ends what the first one gave.
  CHECK(d.poll() == "invalid_grant");
  CHECK_FALSE(d.is_live(*tokens));
  CHECK(list_grants(d.t.services, d.ann.id, d.t.clock.now())->empty());
  CHECK(contains(d.actions(), "code_reused"));
  CHECK(d.poll() == "invalid_grant");
}

TEST_CASE("a device that a person refuses learns so, and its code is over") {
  Device d;
  REQUIRE(d.answer(Answer::denied));
  CHECK(d.poll() == "access_denied");
  CHECK(d.poll() == "access_denied");
  CHECK(name_of(d.answer(Answer::allowed)) == "unknown_user_code");
  CHECK(d.poll() == "access_denied");
  CHECK(contains(d.actions(), "device_denied"));
}

TEST_CASE("a device that nobody answers in time learns so, and then nothing is left of it") {
  Device d;
  d.t.clock.advance(kDeviceCodeLife);
  CHECK(d.poll() == "expired_token");
  CHECK(name_of(d.answer(Answer::allowed)) == "unknown_user_code");
  REQUIRE(tables::sweep_expired(d.t.store, d.t.clock.now()));
  CHECK(d.poll() == "expired_token");
  d.t.clock.advance(kDeviceCodeLife);
  REQUIRE(tables::sweep_expired(d.t.store, d.t.clock.now()));
  CHECK(d.poll() == "invalid_grant");
  CHECK(d.rows() == 0);
}

TEST_CASE("what was allowed waits no longer than the code lives") {
  Device d;
  d.allow();
  d.t.clock.advance(kDeviceCodeLife);
  CHECK(d.poll() == "expired_token");
}

TEST_CASE("a device that asks too often has to wait longer, and one that slows down does not") {
  Device d;
  CHECK(d.poll() == "authorization_pending");
  d.t.clock.advance(4s);  // the network may have delayed the first one
  CHECK(d.poll() == "authorization_pending");
  d.t.clock.advance(2s);
  CHECK(d.poll() == "slow_down");  // 10 seconds since the last one that was right
  d.t.clock.advance(6s);
  CHECK(d.poll() == "slow_down");  // 15
  d.t.clock.advance(15s);
  CHECK(d.poll() == "authorization_pending");
  d.t.clock.advance(13s);
  CHECK(d.poll() == "slow_down");  // it stays at 15, and grows to 20
  d.t.clock.advance(20s);
  CHECK(d.poll() == "authorization_pending");
  for (int i = 0; i < 100; ++i)
    CHECK(d.poll() == "slow_down");
  d.t.clock.advance(kLongestPollInterval);
  CHECK(d.poll() == "authorization_pending");
  // Whoever is too early gets no less.
  d.allow();
  CHECK(d.poll() == "ok");
}

TEST_CASE("a device that keeps asking too often soon costs no write") {
  Device d;
  CHECK(d.poll() == "authorization_pending");
  for (int i = 0; i < 12; ++i)
    CHECK(d.poll() == "slow_down");
  const uint64_t writes = d.t.store.stats().writes;
  for (int i = 0; i < 12; ++i)
    CHECK(d.poll() == "slow_down");
  CHECK(d.t.store.stats().writes == writes);
}

TEST_CASE("a poll from a time when the clock was ahead does not count") {
  Device d;
  d.t.clock.advance(3min);
  CHECK(d.poll() == "authorization_pending");
  d.t.clock.advance(-2min);
  CHECK(d.poll() == "authorization_pending");
  // A device that asked when the clock was far ahead is over.
  d.t.clock.advance(-24h);
  CHECK(d.poll() == "expired_token");
  CHECK(name_of(d.answer(Answer::allowed)) == "unknown_user_code");
}

TEST_CASE("of two polls at the same moment one gets the tokens, and the other one ends them") {
  Device d;
  d.allow();
  Interrupted store(d.t.store);
  const Services& s = d.t.services;
  const Services interrupted{store,        s.config,     s.clock,     s.random,      s.hasher,
                             s.master_key, s.server_key, s.keyring,   s.credentials, s.in_flight,
                             s.verified,   s.activity,   s.providers, s.known,       s.oauth,
                             s.images,     s.counters,   s.log,       s.writer};
  Result<IssuedTokens> first = invalid_token();
  store.before_write = [&] { first = d.exchange(); };
  const auto second =
      exchange_device_code(interrupted, Program{d.client}, d.codes.device_code, {}, {});
  REQUIRE(first);
  CHECK(name_of(second) == "invalid_grant");
  CHECK_FALSE(d.is_live(*first));
}

TEST_CASE("of two answers at the same moment one counts") {
  Device d;
  const auto one = d.find(d.codes.user_code);
  const auto other = d.find(d.codes.user_code);
  REQUIRE((one && other));
  REQUIRE(answer_device(d.t.services, *one, *d.person, Answer::denied, {}));
  CHECK(name_of(answer_device(d.t.services, *other, *d.person, Answer::allowed, {})) ==
        "unknown_user_code");
  CHECK(d.poll() == "access_denied");
}

TEST_CASE("a device's code is its client's") {
  Device d;
  d.allow();
  const tables::Client owner = d.client;
  d.put_client({}, "other");
  CHECK(d.poll() == "invalid_grant");
  d.client = owner;
  CHECK(d.poll() == "ok");
}

TEST_CASE("a later client of the same id gets nothing of an earlier one") {
  Device d;
  d.put_client();  // created later than the code
  CHECK(d.poll() == "invalid_grant");
  CHECK(name_of(d.find(d.codes.user_code)) == "unknown_user_code");
}

TEST_CASE("a client needs the grant type, and a scope that it may have") {
  Device d;
  CHECK(name_of(d.try_ask("")) == "invalid_scope");
  CHECK(name_of(d.try_ask("nonsense")) == "invalid_scope");
  d.codes.device_code = std::string(1000, 'x');
  CHECK(d.poll() == "invalid_grant");
  d.codes.device_code = "x";
  CHECK(d.poll() == "invalid_grant");
  d.client = test::put_client(d.t, "web");
  CHECK(name_of(d.try_ask()) == "unauthorized_client");
  CHECK(d.poll() == "unauthorized_client");
}

TEST_CASE("the tokens are for the APIs that were asked for, and a request narrows them") {
  Device d;
  const std::vector<Parameters::Pair> pairs = {{"scope", "openid photos"}, {"resource", kApi}};
  const auto made = authorize_device(d.t.services, Program{d.client}, *Parameters::read(pairs), {});
  REQUIRE(made);
  d.codes = *made;
  const auto shown = d.find(d.codes.user_code);
  REQUIRE(shown);
  REQUIRE(shown->request.resource_rows.size() == 1);
  CHECK(shown->request.resource_rows.front().name == "API");
  d.allow();
  CHECK(name_of(d.exchange({{"https://other.example"}, ""})) == "invalid_target");
  const auto tokens = d.exchange({{kApi}, "photos"});  // The first one used nothing up.
  REQUIRE(tokens);
  CHECK(tokens->scopes == std::vector<std::string>{"photos"});
}

TEST_CASE("without offline_access the grant ends with the browser session, before and after") {
  Device d;
  d.ask("openid");
  d.allow();
  SECTION("before") {
    REQUIRE(end_session(d.t.services, d.person->session().id, {}));
    CHECK(d.poll() == "invalid_grant");
  }
  SECTION("after") {
    const auto tokens = d.exchange();
    REQUIRE(tokens);
    CHECK(tokens->refresh.empty());
    REQUIRE(end_session(d.t.services, d.person->session().id, {}));
    CHECK_FALSE(d.is_live(*tokens));
  }
}

TEST_CASE("a device that makes room for another one is told") {
  Device d;
  d.put_client([](tables::Client& client) {
    client.backchannel_logout_uri = "https://tv.example/backchannel-logout";
  });
  for (size_t i = 0; i <= kMaxGrantsOfSession; ++i) {
    d.ask("openid");
    d.allow();
    REQUIRE(d.exchange());
  }
  const auto told = list_logouts(d.t.services, "tv");
  REQUIRE(told);
  CHECK(told->size() == 1);
}

TEST_CASE("whoever may not enter any longer gives the device nothing") {
  Device d;
  d.allow();
  REQUIRE(end_all_sessions(d.t.services, d.ann.id, {}));
  CHECK(d.poll() == "invalid_grant");
}

TEST_CASE("codes of one client are limited, and for a public one by address") {
  Device d;
  const auto ask_all = [&](const char* address, uint64_t most) {
    for (uint64_t i = 0; i < most; ++i) {
      if (!d.try_ask("openid", address)) return i;
    }
    return most;
  };
  CHECK(ask_all("203.0.113.1", 100) == kMaxDevicesOfAddress);
  const auto refused = d.try_ask("openid", "203.0.113.1");
  CHECK(refused.error().code == ErrorCode::rate_limited);
  CHECK(refused.error().retry_after_s > 0);
  CHECK(ask_all("203.0.113.2", 1) == 1);
  uint64_t of_site = 0;
  for (const char* address : {"2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1",
                              "2001:db8:1:4::1", "2001:db8:1:5::1"})
    of_site += ask_all(address, 100);
  CHECK(of_site == kMaxDevicesOfSite);
  d.t.clock.advance(kDeviceCodeLife);
  CHECK(ask_all("203.0.113.1", 1) == 1);
}

TEST_CASE("a service may start many sign-ins from its address, up to the limit of a client") {
  Device d;
  d.put_client([](tables::Client& client) {
    client.is_public = false;
    client.secret_hash = std::string(32, 'h');
  });
  for (uint64_t i = 1; i < kMaxDevicesOfClient; ++i)  // One is there.
    REQUIRE(d.try_ask("openid"));
  CHECK(d.try_ask("openid").error().code == ErrorCode::rate_limited);
}

}  // namespace
}  // namespace authd::auth
