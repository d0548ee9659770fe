#include "auth/passwords/new_password.h"

#include <algorithm>
#include <cstdio>

#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/passwords/known_passwords.h"
#include "auth/signin/recovery.h"
#include "base/file.h"
#include "config/compat.h"
#include "crypto/lists/fuse_filter.h"
#include "crypto/lists/password_list_writer.h"
#include "support/people.h"
#include "support/temp_dir.h"

namespace authd::auth {
namespace {

constexpr const char* kListed = "Acme Rockets GmbH";
constexpr const char* kLeaked = "leaked horse battery";

// Every rule is on: a list of the operator, and a server that knows a password.
struct World {
  World() {
    crypto::KeySpool keys(directory.path());
    test::must(keys.add(**crypto::key_of_line("acme rockets gmbh")).has_value());
    test::must(crypto::write_password_list(list, keys, [](size_t, size_t) {}).has_value());
    t.config.passwords.blocklist_file = list;
    t.config.passwords.pwned = config::PwnedCheck::signup;
    t.config.passwords.min_score = 2;
    t.remote.answer = [](const fetch::Request& request) -> Result<fetch::Reply> {
      const PasswordSha1 sha1 = sha1_of(Password(kLeaked));
      const bool is_range = request.url.ends_with(sha1.reveal().substr(0, 5));
      return fetch::Reply{.status = 200,
                          .body = is_range ? std::string(sha1.reveal().substr(5)) + ":12\r\n" : ""};
    };
  }
  Error refusal(const std::string& password, const PasswordOwner& owner = {}) {
    const Result<void> checked =
        check_new_password(t.services, Password(std::string(password)), owner, "password");
    return checked ? Error{ErrorCode::invalid, "", "", "accepted"} : checked.error();
  }

  test::TempDir directory;
  std::string list = directory.file("list");
  test::Instance t;
};

struct Example {
  std::string password;
  std::string reason;
  uint64_t limit = 0;
};

// SHOW_REFUSED=1 unit_auth "[passwords-refused]" prints them, for people.
TEST_CASE("Ten passwords are refused, each with the rule that it breaks", "[passwords-refused]") {
  World w;
  const PasswordOwner ann{.username = "ann-the-first", .email = "ann.smith@example.org"};
  for (const Example& one :
       {Example{"secret7", "too_short", 8}, Example{std::string(257, 'x'), "too_long", 256},
        Example{"two lines\nof text", "control_character"}, Example{"caf\xe9 au lait", "not_utf8"},
        Example{"Ann-The-First", "is_name"}, Example{"password", "common"},
        Example{"Liverpool", "common"}, Example{"31.12.1987", "too_guessable"},
        Example{kListed, "listed"}, Example{kLeaked, "pwned"}}) {
    CAPTURE(one.password);
    const Error error = w.refusal(one.password, ann);
    CHECK(error.code == ErrorCode::invalid);
    CHECK(error.name == "weak_password");
    CHECK(error.field == "password");
    CHECK(error.reason == one.reason);
    CHECK(error.limit == one.limit);
    if (std::getenv("SHOW_REFUSED") != nullptr) {
      std::string shown = is_valid_utf8(one.password) ? one.password : "(not UTF-8)";
      std::replace(shown.begin(), shown.end(), '\n', ' ');
      std::printf("%-24.24s %-18s %s\n", shown.c_str(), error.reason.c_str(),
                  error.message.c_str());
    }
  }
  CHECK(w.refusal("four unlikely words together", ann).name == "accepted");
}

TEST_CASE("The embedded list knows a hundred thousand passwords, in any case") {
  CHECK(common_passwords().check());
  CHECK(common_passwords().passwords() > 110000);
  CHECK(common_passwords().bytes() < 300 * 1024);
  // Not among the first 10,000 of zxcvbn.
  for (const char* common : {"87654321vv", "dimazarya", "193570356033"}) {
    CAPTURE(common);
    CHECK(is_common_password(Password(common)));
  }
  CHECK(is_common_password(Password("DimaZarya")));
  // Of the first 100,000 of ten million, and of RockYou alone.
  for (const char* common : {"3454051maksim", "198919891989", "tequieromucho", "zacefron"}) {
    CAPTURE(common);
    CHECK(common_passwords().contains(Password(common)).value_or(false));
  }
}

TEST_CASE("The embedded list takes one good password in 65,536 for one of its own") {
  constexpr uint64_t kAsked = 400'000;  // so 6 are expected
  uint64_t taken = 0;
  for (uint64_t i = 1; i <= kAsked; ++i)
    taken += common_passwords().contains_key(crypto::mixed(i)).value_or(true) ? 1 : 0;
  CHECK(taken < 20);
}

TEST_CASE("A common word of any language with a year or a few signs behind it is common") {
  for (const char* common : {"passwort123", "Schatz123", "sommer2024", "Soleil2024!", "haslo123",
                             "wachtwoord1", "woaini1314", "Bonjour 1!"}) {
    CAPTURE(common);
    CHECK(is_common_password(Password(common)));
  }
  // More behind it, or no word.
  for (const char* rare :
       {"passwort482915", "correct horse 1", "q7vkzjw2024", "sch\xc3\xb6nwetterlage1"}) {
    CAPTURE(rare);
    CHECK_FALSE(is_common_password(Password(rare)));
  }
}

TEST_CASE("The replaced APIs keep their own rules") {
  World w;
  w.t.config.passwords.min_score = 0;
  for (const char* password : {kListed, kLeaked, "password"}) {
    CHECK(w.refusal(password, {.client = config::kFacade}).name == "accepted");
  }
  w.t.config.compat.passwords = config::CompatPasswords::ours;
  CHECK(w.refusal(kListed, {.client = config::kFacade}).reason == "listed");
  CHECK(w.refusal(kLeaked, {.client = config::kFacade}).reason == "pwned");
}

TEST_CASE("A server that does not answer refuses nobody, a list that cannot be read does") {
  World w;
  w.t.remote.answer = nullptr;
  CHECK(w.refusal(kLeaked).name == "accepted");
  CHECK(w.t.counters.leaks_unanswered == 1);
  World other;
  REQUIRE(write_file_atomic(other.list, "damaged", 0600));
  CHECK(other.refusal("four unlikely words together").code == ErrorCode::unavailable);
  REQUIRE_FALSE(other.t.known.open());
}

TEST_CASE("Every way of setting a password asks for the lists") {
  World w;
  test::Instance& t = w.t;
  NewAccount account;
  account.username = "ben";
  account.password = Password(kLeaked);
  CHECK(create_account(t.services, account, {}).error().reason == "pwned");
  account.password = Password(kListed);
  CHECK(sign_up(t.services, account, {}, AfterSignup::log_in).error().reason == "listed");
  const tables::User ann = test::add_user(t, "ann");
  CHECK(set_password(t.services, ann.id, Password(kLeaked), {}).error().reason == "pwned");
  const Person caller = test::caller_of(t, test::tokens_of(test::try_login(t, "ann")));
  const Password current(test::kPassword);
  const auto changed = change_password(t.services, caller, current, Password(kLeaked), {});
  CHECK(changed.error().reason == "pwned");
  CHECK(changed.error().field == "new_password");
  CHECK(
      change_password(t.services, caller, current, Password(test::kPassword), {}).error().reason ==
      "same_as_old");
}

}  // namespace
}  // namespace authd::auth
