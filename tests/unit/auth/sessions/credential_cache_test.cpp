// What is remembered of tokens, cookies and API keys saves reads, and never a judgement.
#include "auth/sessions/credential_cache.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/sessions/session_tokens.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/session_cookie.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/token_issue.h"
#include "support/fault_store.h"
#include "support/people.h"

using namespace authd;
using namespace std::chrono_literals;

namespace {

using auth::Credential;

// Good for an hour, or for longer than that.
std::string credential_of(test::Instance& t, UserId user, Credential kind) {
  if (kind == Credential::token) {
    const auto minted = auth::issue_token(t.services, user, 1h, "account", {});
    REQUIRE(minted);
    return std::string(minted->token.reveal());
  }
  if (kind == Credential::api_key) {
    const auto made = auth::add_api_key(t.services, user, {}, {"ci", {"verify"}, 24h}, {});
    REQUIRE(made);
    return std::string(made->text.reveal());
  }
  auth::Origin browser;
  browser.wants_cookie = true;
  const auth::Tokens tokens = test::tokens_of(test::try_login(t, "ann", browser));
  const std::string header = auth::session_cookie(t.services, tokens.session, t.clock.now());
  const size_t equals = header.find('=');
  return header.substr(equals + 1, header.find(';') - equals - 1);
}

// A caller of any kind, and when what they showed ends.
struct Known : auth::UserCaller {
  Known(const auth::UserCaller& caller, Time when) : auth::UserCaller(caller), end(when) {}
  Time end;
};

// A server whose reads of the store can be seen: the next one fails.
struct Watched {
  explicit Watched(Credential by) : kind(by) {}

  Credential kind;
  test::Instance t;
  test::FaultStore faults{t.store};
  auth::Services s{faults,
                   t.config,
                   t.clock,
                   t.random,
                   t.hasher,
                   t.master_key,
                   t.server_key,
                   t.keyring,
                   t.credentials,
                   t.in_flight,
                   t.verified,
                   t.activity,
                   t.providers,
                   t.known,
                   t.oauth,
                   t.images,
                   t.counters,
                   null_log(),
                   auth::kServerWriter};
  UserId user = test::add_user(t, "ann").id;
  std::string text = credential_of(t, user, kind);

  Result<Known> authenticate() { return authenticate(kind, text); }
  Result<Known> authenticate(Credential by, const std::string& shown) {
    if (by == Credential::token) return known(auth::authenticate(s, shown, t.clock.now()));
    if (by == Credential::cookie) return known(auth::authenticate_cookie(s, shown, t.clock.now()));
    auto holder = auth::authenticate_api_key(s, shown, t.clock.now());
    if (!holder) return holder.error();
    const Time end = holder->key().expires_at;
    return Known(*holder, end);
  }
  static Result<Known> known(Result<auth::Person> person) {
    if (!person) return person.error();
    const auto& claims = person->claims();
    const Time end = claims ? claims->expires_at : person->session().expires_at;
    return Known(*person, end);
  }

  // Whether the store is asked for rows in order to say who shows it.
  bool reads_rows() {
    faults.fail_at(1);
    const bool is_good = authenticate().has_value();
    const bool has_read = faults.has_failed();
    faults.fail_at(0);
    CHECK(is_good != has_read);
    return has_read;
  }
};

Credential each_kind() {
  return GENERATE(Credential::token, Credential::cookie, Credential::api_key);
}

}  // namespace

TEST_CASE("rows serve again until something is committed, and then are read anew") {
  Watched w(each_kind());
  CHECK(w.reads_rows());
  REQUIRE(w.authenticate());
  CHECK_FALSE(w.reads_rows());
  CHECK_FALSE(w.reads_rows());
  test::add_user(w.t, "bob");  // Whatever it was.
  CHECK(w.reads_rows());
  REQUIRE(w.authenticate());
  CHECK_FALSE(w.reads_rows());
}

TEST_CASE("a write that was refused makes nothing anew") {
  Watched w(each_kind());
  REQUIRE(w.authenticate());
  CHECK_FALSE(auth::end_all_sessions(w.t.services, UserId{999}, {}));
  CHECK_FALSE(w.reads_rows());
}

TEST_CASE("what is good as one kind is unknown as another") {
  const Credential kind = each_kind();
  Watched w(kind);
  REQUIRE(w.authenticate());
  REQUIRE_FALSE(w.reads_rows());
  for (const Credential other : {Credential::token, Credential::cookie, Credential::api_key})
    CHECK(w.authenticate(other, w.text).has_value() == (other == kind));
}

TEST_CASE("what is committed holds for the next request, whatever is remembered") {
  Watched w(each_kind());
  REQUIRE(w.authenticate());
  REQUIRE_FALSE(w.reads_rows());
  SECTION("roles") {
    REQUIRE(auth::add_role(w.t.services, "editor", "", {"articles:write"}, {}));
    REQUIRE(*auth::grant_role(w.t.services, w.user, "editor", {}));
    // A role that is granted later does not reach a key.
    CHECK(w.authenticate()->has_role("editor") == (w.kind != Credential::api_key));
    REQUIRE(*auth::revoke_role(w.t.services, w.user, "editor", {}));
    CHECK_FALSE(w.authenticate()->has_role("editor"));
    REQUIRE(*auth::revoke_role(w.t.services, w.user, "user", {}));
    CHECK_FALSE(w.authenticate()->has_role("user"));
  }
  SECTION("a name") {
    auth::ProfileChange change;
    change.first_name = "Ann";
    REQUIRE(auth::change_profile(w.t.services, w.user, change, {}));
    CHECK(w.authenticate()->user().first_name == "Ann");
  }
  SECTION("the end of the session, the key revoked") {
    if (w.kind == Credential::api_key) {
      REQUIRE(auth::revoke_api_key(w.t.services, w.user, 1, {}));
    } else {
      REQUIRE(auth::end_session(w.t.services, w.authenticate()->session_if_any()->id, {}));
    }
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the end of all, which keys outlive") {
    REQUIRE(auth::end_all_sessions(w.t.services, w.user, {}));
    CHECK(w.authenticate().has_value() == (w.kind == Credential::api_key));
  }
  SECTION("the account disabled") {
    REQUIRE(auth::set_disabled(w.t.services, w.user, true, {}));
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the signing key withdrawn, which only tokens are of") {
    const auto keys = auth::current_keys(w.t.services);
    REQUIRE(auth::rotate_keys(w.t.services, crypto::Algorithm::es256, {}));
    REQUIRE(
        auth::withdraw_key(w.t.services, (*keys)->active(crypto::Algorithm::es256)->row.kid, {}));
    CHECK(w.authenticate().has_value() == (w.kind != Credential::token));
  }
}

TEST_CASE("the time is judged by each request, without a commit in between") {
  Watched w(each_kind());
  const auto caller = w.authenticate();
  REQUIRE(caller);
  SECTION("it ends") {
    const Time end = caller->end;
    w.t.clock.advance(std::chrono::duration_cast<Milliseconds>(end - w.t.clock.now()) - 1s);
    CHECK_FALSE(w.reads_rows());
    w.t.clock.advance(1s);
    CHECK_FALSE(w.authenticate());
  }
  SECTION("the clock is set back by years") {
    w.t.clock.advance(-24h * 365);
    CHECK_FALSE(w.authenticate());
  }
}

TEST_CASE("a cookie's session that idles is over, whatever is remembered") {
  Watched w(Credential::cookie);
  w.t.config.tokens.idle_timeout = 20min;
  REQUIRE(w.authenticate());
  w.t.clock.advance(22min);
  CHECK_FALSE(w.authenticate());
}

TEST_CASE("what is used is noted, whatever is remembered") {
  Watched w(each_kind());
  REQUIRE(w.authenticate());
  REQUIRE_FALSE(w.reads_rows());
  w.t.activity.users.take(10);
  w.t.activity.sessions.take(10);
  w.t.activity.api_keys.take(10);
  w.t.clock.advance(5min);
  REQUIRE_FALSE(w.reads_rows());
  CHECK(w.t.activity.users.take(10).size() == 1);
  CHECK(w.t.activity.sessions.take(10).size() == (w.kind == Credential::cookie ? 1 : 0));
  CHECK(w.t.activity.api_keys.take(10).size() == (w.kind == Credential::api_key ? 1 : 0));
}

TEST_CASE("a caller that is held keeps what it was, when all changes") {
  Watched w(each_kind());
  const auto caller = w.authenticate();
  REQUIRE(caller);
  REQUIRE(auth::delete_account(w.t.services, w.user, {}));
  CHECK(caller->user().username == "ann");
  CHECK_FALSE(w.authenticate());
}

TEST_CASE("the cache of credentials is bounded") {
  auth::CredentialCache cache;
  const auto claims = std::make_shared<const auth::Claims>();
  for (size_t i = 0; i < 2 * auth::CredentialCache::kMaxEntries; ++i) {
    std::string key(32, '\0');
    for (size_t b = 0; b < 8; ++b)
      key[b] = static_cast<char>(i >> (8 * b));
    cache.insert(key, {claims, nullptr, 0});
  }
  CHECK(cache.size() == auth::CredentialCache::kMaxEntries);
}
