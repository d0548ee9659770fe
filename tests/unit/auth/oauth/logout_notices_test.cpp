#include "auth/core/logout_notices.h"

#include <set>

#include "auth/accounts/changes/credential_change.h"
#include "auth/core/refresh_token.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/tokens/code_exchange.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/token_state.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "support/clients.h"
#include "support/fault_store.h"
#include "support/people.h"
#include "tables/erasure.h"
#include "tables/expiry.h"
#include "tables/owned.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using Told = std::set<std::string>;

constexpr const char* kUri = "https://app.example/backchannel-logout";

// Ann in a browser, from which she has entered an application that wants to know of sign-outs, with
// and without offline_access, and one that does not.
struct SignedIn {
  explicit SignedIn(const char* uri = kUri) {
    ann = test::add_user(t, "ann");
    put_client("app", uri);
    put_client("deaf", "");
    session = browser_session();
    bound = grant("app", {"openid"});
    lasting = grant("app", {"openid", "offline_access"});
    grant("deaf", {"openid"});
    ids = {{text(bound), "bound"}, {text(lasting), "lasting"}};
  }
  void put_client(const std::string& id, const std::string& uri) {
    tables::Client client = test::put_client(t, id);
    client.backchannel_logout_uri = uri;
    write([&](store::WriteTxn& tx) { save_client(tx, client); });
  }
  tables::Session browser_session() {
    tables::Session made =
        new_session(t.services, {}, tables::SessionKind::browser, {"pwd"}, now());
    write([&](store::WriteTxn& tx) { start_session(t.services, tx, made, ann, {}, now()); });
    return made;
  }
  tables::Grant grant(const std::string& client, std::vector<std::string> scopes) {
    return test::put_grant(t, ann, client, [&](tables::Grant& made) {
      made.session = session.id;
      made.scopes = std::move(scopes);
      made.generation = 3;
      made.rotated_at = now();
    });
  }
  Time now() const { return t.clock.now(); }
  void write(const std::function<void(store::WriteTxn&)>& act) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      act(tx);
      return {};
    }));
  }
  template <typename T>
  std::vector<typename T::RowType> all(const T& table) {
    std::vector<typename T::RowType> rows;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      rows.clear();
      table.scan(tx, "", "", [&](std::string_view, typename T::RowType row) {
        rows.push_back(std::move(row));
        return true;
      });
      return {};
    }));
    return rows;
  }
  // What is to be told, with the names of the grants. Each delivery is right.
  Told told() {
    REQUIRE(expand_all_notices(t.services));
    CHECK(all(tables::logout_notices).empty());
    Told names;
    for (const tables::LogoutDelivery& one : all(tables::logout_deliveries)) {
      CHECK(one.client == "app");
      CHECK(one.subject == ann.subject);
      CHECK(one.state == tables::DeliveryState::waiting);
      CHECK(one.due_at == now());
      CHECK(names.insert(ids[one.sid]).second);
    }
    return names;
  }
  bool is_there(const tables::Grant& one) {
    const auto grants = all(tables::grants);
    return std::any_of(grants.begin(), grants.end(),
                       [&](const auto& grant) { return grant.id == one.id; });
  }
  Origin in_browser(uint64_t generation = 0) const {
    Origin origin;
    origin.wants_cookie = true;
    origin.browser = auth::NamedSession{session.id, generation};
    return origin;
  }
  Program program() {
    const auto client = t.store.read([](store::ReadTxn& tx) {
      return Result<std::optional<tables::Client>>(find_client(tx, "app"));
    });
    return Program{client->value()};
  }
  RefreshToken refresh_token(const tables::Grant& one, uint64_t generation) {
    return make_refresh_token(t.server_key, {one.id, generation}, RefreshFamily::grant);
  }
  static std::string text(const tables::Grant& one) { return base64url_encode(one.id); }

  test::Instance t;
  tables::User ann;
  tables::Session session;
  tables::Grant bound;
  tables::Grant lasting;
  std::map<std::string, std::string> ids;  // sid to name
};

// More browsers than an account may have: the first one gives way.
void log_in_everywhere(SignedIn& w) {
  for (size_t i = 1; i < max_sessions(tables::SessionKind::browser); ++i) {
    w.t.clock.advance(1s);
    w.browser_session();
  }
  w.t.clock.advance(1s);
  Origin origin;
  origin.wants_cookie = true;
  test::tokens_of(test::try_login(w.t, "ann", origin));
}

struct Ending {
  const char* name;
  std::function<void(SignedIn&)> act;
  Told told;
  Told left = {};  // grants whose rows stay
};

const Told kNone;
const Told kBoth = {"bound", "lasting"};

const std::vector<Ending>& endings() {
  static const std::vector<Ending> all = {
      {"the session ends",
       [](SignedIn& w) { REQUIRE(end_session(w.t.services, w.session.id, {})); },
       kBoth,
       {"lasting"}},
      {"the owner ends it",
       [](SignedIn& w) { REQUIRE(end_own_session(w.t.services, w.ann.id, w.session.id, {})); },
       kBoth,
       {"lasting"}},
      {"somebody else signs in in the browser",
       [](SignedIn& w) {
         test::add_user(w.t, "ben");
         test::tokens_of(test::try_login(w.t, "ben", w.in_browser()));
       },
       kBoth,
       {"lasting"}},
      {"it gives way to newer ones", &log_in_everywhere, kBoth, {"lasting"}},
      {"the same person signs in again in the browser",
       [](SignedIn& w) { test::tokens_of(test::try_login(w.t, "ann", w.in_browser())); }, kNone,
       kBoth},
      {"a session without a browser ends",
       [](SignedIn& w) {
         const auto tokens = test::tokens_of(test::try_login(w.t, "ann"));
         REQUIRE(end_session(w.t.services, tokens.session.id, {}));
       },
       kNone, kBoth},
      {"all sessions end",
       [](SignedIn& w) { REQUIRE(end_all_sessions(w.t.services, w.ann.id, {})); }, kBoth},
      {"the account is disabled",
       [](SignedIn& w) { REQUIRE(set_disabled(w.t.services, w.ann.id, true, {})); }, kBoth},
      {"another password",
       [](SignedIn& w) {
         REQUIRE(set_password(w.t.services, w.ann.id, Password("quite another one"), {}));
       },
       kBoth},
      {"the account is deleted",
       [](SignedIn& w) { REQUIRE(delete_account(w.t.services, w.ann.id, {})); }, kBoth},
      {"a session and then the account",
       [](SignedIn& w) {
         REQUIRE(end_session(w.t.services, w.session.id, {}));
         REQUIRE(delete_account(w.t.services, w.ann.id, {}));
       },
       kBoth},
      {"an old refresh token",
       [](SignedIn& w) {
         CHECK_FALSE(refresh_grant(w.t.services, w.program(), w.refresh_token(w.bound, 1), {}, {}));
       },
       {"bound"},
       {"lasting"}},
      {"the access is removed",
       [](SignedIn& w) { REQUIRE(end_own_grant(w.t.services, w.ann.id, w.lasting.id, {})); },
       {"lasting"},
       {"bound"}},
      {"the consent is withdrawn",
       [](SignedIn& w) { REQUIRE(withdraw_consent(w.t.services, w.ann.id, "app", {})); }, kBoth},
      {"the application revokes its token",
       [](SignedIn& w) {
         REQUIRE(revoke_for(w.t.services, w.program(), w.refresh_token(w.bound, 3).reveal(), {}));
       },
       kNone,
       {"lasting"}},
      {"the application revokes what has ended",
       [](SignedIn& w) {
         REQUIRE(end_session(w.t.services, w.session.id, {}));
         REQUIRE(revoke_for(w.t.services, w.program(), w.refresh_token(w.bound, 3).reveal(), {}));
       },
       kBoth,
       {"lasting"}},
      {"the session reaches its end",
       [](SignedIn& w) {
         w.t.clock.advance(w.t.config.tokens.refresh_ttl + 1s);
         while (tables::sweep_expired(w.t.store, w.now())->removed > 0) {
         }
       },
       kNone},
  };
  return all;
}

TEST_CASE("applications are told of each way in which somebody is signed out") {
  for (const Ending& ending : endings()) {
    INFO(ending.name);
    SignedIn w;
    ending.act(w);
    CHECK(w.told() == ending.told);
    CHECK(w.is_there(w.bound) == ending.left.contains("bound"));
    CHECK(w.is_there(w.lasting) == ending.left.contains("lasting"));
    // And no further time.
    CHECK(expand_all_notices(w.t.services)->deliveries == 0);
  }
}

TEST_CASE("nothing is written while no application wants to know") {
  for (const Ending& ending : endings()) {
    INFO(ending.name);
    SignedIn w("");
    ending.act(w);
    CHECK(w.all(tables::logout_notices).empty());
    CHECK(w.all(tables::logout_deliveries).empty());
  }
}

// A device can be allowed from one (auth/oauth/requests/device_answer.h).
TEST_CASE("the end of a session with tokens is told as that of a browser") {
  SignedIn w;
  w.session = test::tokens_of(test::try_login(w.t, "ann")).session;
  const tables::Grant device = w.grant("app", {"openid"});
  w.ids[SignedIn::text(device)] = "device";
  REQUIRE(end_session(w.t.services, w.session.id, {}));
  CHECK(w.told() == Told{"device"});
}

TEST_CASE("what outlives its session is told of the session once, and of its own end again") {
  SignedIn w;
  REQUIRE(end_session(w.t.services, w.session.id, {}));
  CHECK(w.told() == kBoth);
  REQUIRE(end_all_sessions(w.t.services, w.ann.id, {}));
  REQUIRE(expand_all_notices(w.t.services));
  const auto all = w.all(tables::logout_deliveries);
  CHECK(std::count_if(all.begin(), all.end(),
                      [&](const auto& one) { return one.sid == SignedIn::text(w.lasting); }) == 2);
  CHECK(all.size() == 3);
  CHECK_FALSE(w.is_there(w.lasting));
}

TEST_CASE("what nobody has exchanged is not told, and gives no tokens after the sign-out") {
  SignedIn w;
  tables::Grant waiting = w.lasting;
  waiting.is_open = false;
  w.write([&](store::WriteTxn& tx) { tables::grants.rewrite(tx, waiting); });
  REQUIRE(end_session(w.t.services, w.session.id, {}));
  CHECK(w.told() == Told{"bound"});
  const auto live = w.t.store.read([&](store::ReadTxn& tx) {
    return Result<bool>(find_live_grant(w.t.config, tx, waiting.id, w.now()).has_value());
  });
  CHECK_FALSE(*live);
}

TEST_CASE("what was entered after the sign-out goes on") {
  SignedIn w;
  REQUIRE(end_all_sessions(w.t.services, w.ann.id, {}));
  const tables::User again =
      *w.t.store
           .read([&](store::ReadTxn& tx) {
             return Result<std::optional<tables::User>>(tables::find_user(tx, w.ann.id));
           })
           .value();
  const tables::Grant next = test::put_grant(w.t, again, "app");
  CHECK(w.told() == kBoth);
  CHECK(w.is_there(next));
}

TEST_CASE("a client of the same id that came later is not told") {
  SignedIn w;
  w.t.clock.advance(1h);
  w.put_client("app", kUri);
  REQUIRE(end_all_sessions(w.t.services, w.ann.id, {}));
  CHECK(w.told() == kNone);
}

TEST_CASE("as many grants as there may be are told in transactions of a bounded size") {
  SignedIn w;
  for (size_t i = 0; i < kMaxGrants; ++i)
    w.grant("app", {"openid", "offline_access"});
  REQUIRE(end_session(w.t.services, w.session.id, {}));
  const auto done = expand_all_notices(w.t.services);
  REQUIRE(done);
  CHECK(done->deliveries == kMaxGrants + 2);
  CHECK(done->notices == 1);
  CHECK(w.all(tables::logout_deliveries).size() == kMaxGrants + 2);
}

TEST_CASE("many notices without anything to tell share a transaction") {
  SignedIn w;
  for (size_t i = 0; i < 100; ++i) {
    const tables::User user = test::add_user(w.t, "user" + std::to_string(i));
    REQUIRE(end_all_sessions(w.t.services, user.id, {}));
  }
  const auto some = expand_notices(w.t.services);
  REQUIRE(some);
  CHECK(some->notices >= 50);
  CHECK(some->more);
  CHECK(w.told() == kNone);
}

Services over(SignedIn& w, store::Store& store) {
  test::Instance& t = w.t;
  return {store,        t.config,     t.clock,     t.random,      t.hasher,
          t.master_key, t.server_key, t.keyring,   t.credentials, t.in_flight,
          t.verified,   t.activity,   t.providers, t.known,       t.oauth,
          t.images,     t.counters,   null_log(),  kServerWriter};
}

// The whole way of a sign-out: the write that ends something, and what follows it.
TEST_CASE("a fault at any place loses no sign-out and tells none twice") {
  for (const bool is_deletion : {false, true}) {
    size_t failed = 0;
    for (size_t n = 1;; ++n) {
      SignedIn w;
      test::FaultStore faults{w.t.memory};
      const Services s = over(w, faults);
      faults.fail_at(n);
      const bool is_done = is_deletion ? delete_account(s, w.ann.id, {}).has_value()
                                       : end_all_sessions(s, w.ann.id, {}).has_value();
      static_cast<void>(expand_all_notices(s));
      const bool has_failed = faults.has_failed();
      faults.fail_at(0);
      INFO("operation " << n);
      if (!is_done) {
        CHECK(w.told() == kNone);
        CHECK(w.is_there(w.bound));
      } else {
        CHECK(w.told() == kBoth);
      }
      if (!has_failed) break;
      failed += 1;
    }
    CHECK(failed > 20);
  }
}

TEST_CASE("nothing that a deleted user owned is erased before the notice is expanded") {
  SignedIn w;
  w.write([&](store::WriteTxn& tx) {
    const tables::User user = *tables::find_user(tx, w.ann.id);
    tell_of_deletion(tx, user);
    tables::mark_erased(tx, user, w.now());
  });
  REQUIRE(tables::erase_owned(w.t.store, w.ann.id));
  CHECK_FALSE(tables::erase_next(w.t.store).value());
  CHECK(w.is_there(w.bound));
  CHECK(w.told() == kBoth);
  CHECK(tables::erase_next(w.t.store).value());
  CHECK(w.all(tables::grants).empty());
  CHECK(w.all(tables::erasures).empty());
}

TEST_CASE("a code that comes again right after the deletion loses no sign-out") {
  SignedIn w;
  w.write([&](store::WriteTxn& tx) {
    const tables::User user = *tables::find_user(tx, w.ann.id);
    tell_of_deletion(tx, user);
    tables::mark_erased(tx, user, w.now());
  });
  w.write([&](store::WriteTxn& tx) { remove_grant(tx, w.bound, w.now()); });
  CHECK(w.told() == kBoth);
}

TEST_CASE("one who waits for an expansion keeps no other from being erased") {
  SignedIn w;
  const tables::User ben = test::add_user(w.t, "ben");
  w.write([&](store::WriteTxn& tx) {
    for (const UserId id : {w.ann.id, ben.id}) {
      const tables::User user = *tables::find_user(tx, id);
      if (id == w.ann.id) tell_of_deletion(tx, user);
      tables::mark_erased(tx, user, w.now());
    }
  });
  CHECK(tables::erase_next(w.t.store).value());
  CHECK_FALSE(tables::erase_next(w.t.store).value());
  CHECK(w.all(tables::erasures).size() == 1);
}

TEST_CASE("a grant that makes room is told unless the client has got it again") {
  SignedIn w;
  tables::Grant opening = w.bound;
  opening.id = std::string(16, 'n');
  SECTION("the same client in the same session") {
    w.write([&](store::WriteTxn& tx) { make_room(tx, {w.bound}, opening, w.now()); });
    CHECK(w.told() == kNone);
  }
  SECTION("in another session") {
    opening.session = std::string(16, 'o');
    w.write([&](store::WriteTxn& tx) { make_room(tx, {w.bound}, opening, w.now()); });
    CHECK(w.told() == Told{"bound"});
  }
  CHECK_FALSE(w.is_there(w.bound));
}

TEST_CASE("a sign-in is remembered as long as its session may last, if the client is told") {
  for (const char* uri : {kUri, ""}) {
    SignedIn w(uri);
    tables::Grant waiting = w.bound;
    waiting.is_open = false;
    waiting.generation = 0;
    w.write([&](store::WriteTxn& tx) {
      tables::grants.rewrite(tx, waiting);
      GrantRows rows = *find_grant_rows(tx, waiting.id);
      open_grant(w.t.services, tx, rows, {}, w.now());
    });
    w.t.clock.advance(w.t.config.tokens.access_ttl);
    CHECK(list_grants(w.t.services, w.ann.id, w.now())->size() == (*uri == '\0' ? 2 : 3));
  }
}

}  // namespace
}  // namespace authd::auth
