#include "auth/sessions/session_cookie.h"

#include <catch2/catch.hpp>

#include "auth/accounts/changes/credential_change.h"
#include "auth/core/caller.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/refresh_token.h"
#include "auth/core/server_mac.h"
#include "auth/sessions/activity_writer.h"
#include "auth/sessions/session_tokens.h"
#include "base/encoding.h"
#include "support/people.h"
#include "tables/sessions.h"

using namespace authd;
using namespace std::chrono_literals;

namespace {

auth::Origin browser() {
  auth::Origin origin;
  origin.wants_cookie = true;
  return origin;
}

auth::Tokens log_in(test::Instance& t, const std::string& name) {
  return test::tokens_of(test::try_login(t, name, browser()));
}

// What the browser keeps: the value of the Set-Cookie header.
std::string value_for(test::Instance& t, const tables::Session& session) {
  const std::string header = auth::session_cookie(t.services, session, t.clock.now());
  const size_t equals = header.find('=');
  return header.substr(equals + 1, header.find(';') - equals - 1);
}

bool is_good(test::Instance& t, const std::string& value) {
  const auto caller = auth::authenticate_cookie(t.services, value, t.clock.now());
  if (!caller) CHECK(caller.error().name == "invalid_session");
  return caller.has_value();
}

std::optional<tables::Session> stored(test::Instance& t, const std::string& id) {
  std::optional<tables::Session> session;
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    session = tables::find_session(tx, id);
    return {};
  }));
  return session;
}

}  // namespace

TEST_CASE("a session that a cookie keeps has no tokens") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, "ann");
  CHECK(tokens.access.empty());
  CHECK(tokens.refresh.empty());
  CHECK(tokens.session.kind == tables::SessionKind::browser);
  const auto caller =
      auth::authenticate_cookie(t.services, value_for(t, tokens.session), t.clock.now());
  REQUIRE(caller);
  CHECK(caller->user().username == "ann");
  CHECK(caller->credential() == auth::Credential::cookie);
  CHECK(caller->has_scope(auth::kAccountScope));
  // Not even the server's own making of a refresh token opens it.
  const RefreshToken forged = auth::make_refresh_token(t.server_key, {tokens.session.id, 1});
  CHECK_FALSE(auth::refresh(t.services, forged, {}));
  CHECK(is_good(t, value_for(t, tokens.session)));
}

TEST_CASE("a session with a refresh token has no cookie") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens tokens = test::tokens_of(test::try_login(t, "ann"));
  CHECK_FALSE(is_good(t, value_for(t, tokens.session)));
}

TEST_CASE("a cookie is what was made, and nothing else") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, "ann");
  const std::string value = value_for(t, tokens.session);
  REQUIRE(is_good(t, value));
  for (size_t i = 0; i < value.size(); ++i) {
    std::string flipped = value;
    flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(is_good(t, flipped));
  }
  for (const std::string& other :
       {std::string(), std::string("x"), value + "A", value.substr(1), "\"" + value + "\"",
        base64url_encode(tokens.session.id), auth::csrf_token(t.services, tokens.session),
        // A MAC for another purpose, or of no server.
        base64url_encode(tokens.session.id +
                         auth::server_mac(t.services, "csrf token", tokens.session.id)),
        base64url_encode(tokens.session.id + std::string(32, '\0'))}) {
    CAPTURE(other);
    CHECK_FALSE(is_good(t, other));
  }
}

TEST_CASE("a cookie is over with its session, however that ends") {
  test::Instance t;
  const tables::User user = test::add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, "ann");
  const std::string value = value_for(t, tokens.session);
  REQUIRE(is_good(t, value));
  SECTION("logout") {
    REQUIRE(auth::end_session(t.services, tokens.session.id, {}));
  }
  SECTION("logout everywhere") {
    REQUIRE(auth::end_all_sessions(t.services, user.id, {}));
  }
  SECTION("disabled") {
    REQUIRE(auth::set_disabled(t.services, user.id, true, {}));
  }
  SECTION("deleted") {
    REQUIRE(auth::delete_account(t.services, user.id, {}));
  }
  SECTION("another password") {
    REQUIRE(auth::set_password(t.services, user.id, Password("another horse battery"), {}));
  }
  SECTION("expired") {
    t.clock.advance(t.config.tokens.refresh_ttl + 1s);
  }
  CHECK_FALSE(is_good(t, value));
}

TEST_CASE("a changed password keeps the browser that changed it, and no other") {
  test::Instance t;
  test::add_user(t, "ann");
  const std::string here = value_for(t, log_in(t, "ann").session);
  const std::string there = value_for(t, log_in(t, "ann").session);
  const auto caller = auth::authenticate_cookie(t.services, here, t.clock.now());
  REQUIRE(caller);
  REQUIRE(auth::change_password(t.services, *caller, Password(test::kPassword),
                                Password("another horse battery"), {}));
  CHECK(is_good(t, here));
  CHECK_FALSE(is_good(t, there));
}

TEST_CASE("using it moves the end of the session, with one write a minute") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, "ann");
  const std::string value = value_for(t, tokens.session);
  const std::string& id = tokens.session.id;
  const auto written = [&] {
    const auto count = auth::write_activity(t.services);
    REQUIRE(count);
    return *count;
  };
  REQUIRE(is_good(t, value));
  CHECK(written() == 0);  // it was made this minute
  t.clock.advance(1h);
  for (int i = 0; i < 50; ++i)
    REQUIRE(is_good(t, value));
  CHECK(written() == 1);
  CHECK(stored(t, id)->rotated_at == t.clock.now());
  CHECK(stored(t, id)->expires_at == t.clock.now() + t.config.tokens.refresh_ttl);
  t.clock.advance(59s);
  REQUIRE(is_good(t, value));
  CHECK(written() == 0);
  // Used every week it lives to its greatest age, and no longer.
  const Time born = tokens.session.created_at;
  while (t.clock.now() + 24h * 7 < born + t.config.tokens.session_max_age) {
    t.clock.advance(24h * 7);
    REQUIRE(is_good(t, value));
    written();
  }
  CHECK(stored(t, id)->expires_at == born + t.config.tokens.session_max_age);
  t.clock.advance(24h * 7);
  CHECK_FALSE(is_good(t, value));
}

TEST_CASE("a note for a session that ended meanwhile makes no row") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, "ann");
  t.clock.advance(1h);
  REQUIRE(is_good(t, value_for(t, tokens.session)));
  REQUIRE(auth::end_session(t.services, tokens.session.id, {}));
  REQUIRE(auth::write_activity(t.services));
  CHECK_FALSE(stored(t, tokens.session.id));
}

TEST_CASE("a cookie of a user who did nothing for too long is over") {
  config::Config config = test::Instance::default_config();
  config.tokens.idle_timeout = 20min;
  test::Instance t(config);
  test::add_user(t, "ann");
  const std::string value = value_for(t, log_in(t, "ann").session);
  t.clock.advance(19min);
  REQUIRE(is_good(t, value));
  REQUIRE(auth::write_activity(t.services));
  t.clock.advance(19min);
  CHECK(is_good(t, value));
  t.clock.advance(22min);
  CHECK_FALSE(is_good(t, value));
}

TEST_CASE("every login has its own session and CSRF token") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens one = log_in(t, "ann");
  const auth::Tokens two = log_in(t, "ann");
  CHECK(one.session.id != two.session.id);
  const std::string token = auth::csrf_token(t.services, one.session);
  CHECK(auth::is_csrf_token(t.services, one.session, token));
  CHECK_FALSE(auth::is_csrf_token(t.services, two.session, token));
  CHECK_FALSE(auth::is_csrf_token(t.services, one.session, ""));
  CHECK_FALSE(auth::is_csrf_token(t.services, one.session, value_for(t, one.session)));
}

TEST_CASE("the cookie's name and attributes keep it where it belongs") {
  config::Config config = test::Instance::default_config();
  const auto header = [&] {
    test::Instance t(config);
    test::add_user(t, "ann");
    return auth::session_cookie(t.services, log_in(t, "ann").session, t.clock.now());
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  config.public_url = "http://127.0.0.1:8080";
  const std::string plain = header();
  CHECK(plain.starts_with("authd_session="));
  CHECK(has(plain, "; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"));
  CHECK_FALSE(has(plain, "Secure"));
  CHECK_FALSE(has(plain, "Domain"));
  config.public_url = "https://auth.example.org";
  const std::string host = header();
  CHECK(host.starts_with("__Host-authd_session="));
  CHECK(has(host, "; Secure"));
  CHECK_FALSE(has(host, "Domain"));
  config.cookies.domain = "example.org";
  const std::string domain = header();
  CHECK(domain.starts_with("__Secure-authd_session="));
  CHECK(has(domain, "; Domain=example.org; HttpOnly; SameSite=Lax; Secure"));
  // It is taken away by the same name, path and domain.
  const std::string gone = auth::no_session_cookie(config);
  CHECK(gone ==
        "__Secure-authd_session=; Path=/; Max-Age=0; Domain=example.org; HttpOnly; "
        "SameSite=Lax; Secure");
}

// A browser that sends this cookie along.
auth::Origin browser_with(test::Instance& t, const std::string& value) {
  auth::Origin origin = browser();
  const auto named = auth::session_in_cookie(t.services, value);
  REQUIRE(named);
  origin.browser = *named;
  return origin;
}

TEST_CASE(
    "a login in the same browser goes on with the session, and its old cookie is worth nothing") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens first = log_in(t, "ann");
  const std::string value = value_for(t, first.session);
  const auth::Tokens elsewhere = log_in(t, "ann");
  auth::Origin origin = browser_with(t, value);
  CHECK(origin.browser->id == first.session.id);
  CHECK_FALSE(test::try_login(t, "ann", origin, "wrong password"));
  CHECK(is_good(t, value));
  // Tokens are kept elsewhere, and leave the cookie alone.
  origin.wants_cookie = false;
  test::tokens_of(test::try_login(t, "ann", origin));
  CHECK(is_good(t, value));
  origin.wants_cookie = true;
  const auth::Tokens second = test::tokens_of(test::try_login(t, "ann", origin));
  CHECK(second.session.id == first.session.id);
  CHECK_FALSE(is_good(t, value));
  CHECK(auth::csrf_token(t.services, first.session) !=
        auth::csrf_token(t.services, second.session));
  const std::string later = value_for(t, second.session);
  CHECK(is_good(t, later));
  CHECK(is_good(t, value_for(t, elsewhere.session)));
  const auth::Tokens third = test::tokens_of(test::try_login(t, "ann", browser_with(t, later)));
  CHECK(third.session.id == first.session.id);
  CHECK_FALSE(is_good(t, later));
  // The cookie of an earlier login takes the place of nothing.
  const auth::Tokens stale = test::tokens_of(test::try_login(t, "ann", browser_with(t, value)));
  CHECK(stale.session.id != first.session.id);
  CHECK(is_good(t, value_for(t, third.session)));
}

TEST_CASE("a login of somebody else in the same browser ends the session that was there") {
  test::Instance t;
  test::add_user(t, "ann");
  test::add_user(t, "bob");
  const std::string value = value_for(t, log_in(t, "ann").session);
  const auth::Tokens bobs = test::tokens_of(test::try_login(t, "bob", browser_with(t, value)));
  CHECK_FALSE(is_good(t, value));
  CHECK(is_good(t, value_for(t, bobs.session)));
}

TEST_CASE("a session that had ended does not come back to life with a login") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  const auth::Tokens first = log_in(t, "ann");
  const std::string value = value_for(t, first.session);
  REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
  const auth::Tokens second = test::tokens_of(test::try_login(t, "ann", browser_with(t, value)));
  CHECK(second.session.id != first.session.id);
}

TEST_CASE("nothing but a cookie names a session") {
  test::Instance t;
  test::add_user(t, "ann");
  const auth::Tokens tokens = log_in(t, "ann");
  CHECK_FALSE(auth::session_in_cookie(t.services, base64url_encode(tokens.session.id)));
  const std::string value = value_for(t, tokens.session);
  // Another generation, with the MAC of this one.
  const std::string bytes = base64url_decode(value).value();
  const std::string forged = bytes.substr(0, 16) + std::string(7, '\0') + '\1' + bytes.substr(16);
  CHECK_FALSE(auth::session_in_cookie(t.services, base64url_encode(forged)));
}
