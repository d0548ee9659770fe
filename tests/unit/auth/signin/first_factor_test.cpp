// The driver of every login, with a way of the test's own: whatever a step does, the driver counts,
// audits and ends it.
#include "auth/signin/first_factor.h"

#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

Error no_way() {
  return Error{ErrorCode::unauthenticated, "No.", {}, "no_way"};
}

// A way that lets ann in, until a test says otherwise.
struct House {
  Instance t;
  tables::User ann = add_user(t, "ann");
  auth::FirstFactor way{auth::Factor::password, config::LoginMethod::password, "test_login", "ann",
                        &no_way};
  bool is_there = true;
  bool is_proved = true;
  std::optional<Error> refusal;  // of the write
  int moves = 0;                 // rounds in which the account moves
  int looks = 0;
  int proofs = 0;

  Result<auth::LoginOutcome> run(const std::optional<auth::FactorAnswer>& answer = std::nullopt) {
    const auto look = [&](store::ReadTxn& tx) -> Result<auth::FoundUser> {
      looks += 1;
      return is_there ? tables::find_user(tx, ann.id) : std::nullopt;
    };
    const auto prove = [&](const auth::FoundUser& seen) -> Result<std::optional<auth::Proved>> {
      proofs += 1;
      if (!is_proved) return std::optional<auth::Proved>{};
      return std::optional<auth::Proved>(auth::Proved{seen.value_or(ann), {}});
    };
    const auto decide = [&](store::WriteTxn& tx, const tables::User& seen,
                            auth::Round& round) -> Result<tables::User> {
      if (round.number() <= moves) return round.moved(no_way());
      if (refusal) return *refusal;
      tables::User user = *tables::find_user(tx, seen.id);
      user.first_name = "Decided";
      return user;
    };
    return auth::run_first_factor(t.services, way, {look, prove, decide}, answer,
                                  from("192.0.2.7"));
  }
  std::vector<tables::Session> sessions() {
    auto found = auth::list_sessions(t.services, ann.id, t.clock.now());
    REQUIRE(found);
    return std::move(*found);
  }
  // Entries of the way, as "outcome" each.
  std::vector<std::string> audited() {
    std::vector<std::string> outcomes;
    auto entries = auth::list_audit(t.services, {});
    REQUIRE(entries);
    for (const tables::AuditEntry& entry : *entries)
      if (entry.action == way.action) outcomes.push_back(entry.outcome);
    return outcomes;
  }
  // Failures of ann's account and her address that are counted.
  uint64_t failures() {
    uint64_t most = 0;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      tables::attempts.scan(tx, "", "", [&](std::string_view, const tables::Attempts& row) {
        most = std::max(most, row.failures);
        return true;
      });
      return {};
    }));
    return most;
  }
  size_t failing_keys() {
    size_t keys = 0;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      tables::attempts.scan(tx, "", "", [&](std::string_view, const tables::Attempts&) {
        keys += 1;
        return true;
      });
      return {};
    }));
    return keys;
  }
  std::string first_name() { return auth::view_account(t.services, ann.id)->user.first_name; }

  // Gives ann an app; returns a code of it.
  std::string add_app() {
    const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
    const auto setup = auth::begin_totp(t.services, caller);
    REQUIRE(setup);
    const SecretKey secret(base32_decode(setup->secret.reveal()).value());
    const auto code = [&] { return crypto::totp_code(secret, crypto::totp_step(t.clock.now())); };
    REQUIRE(auth::confirm_totp(t.services, caller, OneTimeSecret(code()), {}));
    t.clock.advance(30s);
    REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
    return code();
  }

  // Refused, and the same for whatever was wrong.
  void check_refused(const Result<auth::LoginOutcome>& outcome, const char* word) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == ErrorCode::unauthenticated);
    CHECK(audited() == std::vector<std::string>{word});
    CHECK(failures() == 1);
    CHECK(t.counters.logins_refused == 1);
    CHECK(sessions().empty());
    CHECK(first_name() == "");
  }
};

}  // namespace

TEST_CASE("a login of nobody costs the proof as well, and is refused, counted and audited") {
  House h;
  h.is_there = false;
  h.is_proved = GENERATE(false, true);  // Not even a step that is wrong about it lets nobody in.
  const auto outcome = h.run();
  h.check_refused(outcome, "refused");
  CHECK(outcome.error().name == "no_way");
  CHECK(h.proofs == 1);
}

TEST_CASE("what does not prove it is refused, counted and audited") {
  House h;
  h.is_proved = false;
  const auto outcome = h.run();
  h.check_refused(outcome, "refused");
  CHECK(outcome.error().name == "no_way");
  CHECK(h.failing_keys() == 4);  // the address, the name, both, and those in a row
}

TEST_CASE("what the write refuses is counted and audited") {
  House h;
  h.refusal = no_way();
  h.check_refused(h.run(), "refused");
}

TEST_CASE("a wrong second factor is counted and audited, and nothing of the write stays") {
  House h;
  h.add_app();
  h.t.counters.logins_refused = 0;
  const auto outcome = h.run(typed("000000"));
  h.check_refused(outcome, "wrong_second_factor");
  CHECK(outcome.error().name == "invalid_code");
}

TEST_CASE("who may not log in is told so after the proof, and no guess is counted") {
  House h;
  REQUIRE(auth::set_disabled(h.t.services, h.ann.id, true, {}));
  const auto outcome = h.run();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().name == "account_disabled");
  CHECK(h.t.counters.logins_disabled == 1);
  CHECK(h.failures() == 0);
  CHECK(h.audited().empty());
  CHECK(h.first_name() == "");
}

TEST_CASE("an error of the write that is no refusal is not counted as a guess") {
  House h;
  h.refusal = Error{ErrorCode::conflict, "Another time.", {}, "later"};
  const auto outcome = h.run();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().name == "later");
  CHECK(h.failures() == 0);
  CHECK(h.audited().empty());
}

TEST_CASE("an attempt that the caller began is the caller's to record") {
  House h;
  const auto attempt = auth::Attempt::from_address(h.t.services, from("192.0.2.7"));
  REQUIRE(attempt);
  h.way.attempt = &*attempt;
  h.is_proved = GENERATE(false, true);
  h.refusal = no_way();
  CHECK_FALSE(h.run());
  CHECK(h.failures() == 0);
  CHECK(h.audited().empty());
  CHECK(h.t.counters.logins_refused == 0);
}

TEST_CASE("an account that moved is looked at and proved again, and let in once") {
  House h;
  h.moves = 2;
  tokens_of(h.run());
  CHECK(h.looks == 3);
  CHECK(h.proofs == 3);
  CHECK(h.audited() == std::vector<std::string>{"ok"});
  CHECK(h.sessions().size() == 1);
  CHECK(h.failures() == 0);
  CHECK(h.t.counters.logins_ok == 1);
  CHECK(h.t.counters.logins_refused == 0);
}

TEST_CASE("an account that moves all the time is refused, and counted once") {
  House h;
  h.moves = auth::kMaxRounds;
  h.check_refused(h.run(), "refused");
  CHECK(h.looks == auth::kMaxRounds);
}

TEST_CASE(
    "every way ends once: with the decided user, a session of its amr, an entry and a count") {
  House h;
  const auto [factor, word] =
      GENERATE(table<auth::Factor, const char*>({{auth::Factor::password, "pwd"},
                                                 {auth::Factor::code, "otp"},
                                                 {auth::Factor::provider, "fed"}}));
  h.is_proved = false;
  CHECK_FALSE(h.run());
  h.is_proved = true;
  h.way.factor = factor;
  tokens_of(h.run());
  REQUIRE(h.sessions().size() == 1);
  CHECK(h.sessions().front().amr == std::vector<std::string>{word});
  CHECK(h.first_name() == "Decided");
  CHECK(h.audited() == std::vector<std::string>{"ok", "refused"});
  CHECK(h.failing_keys() == 1);  // The address stays counted.
  CHECK(h.t.counters.logins_ok == 1);
  const Time proved = auth::view_account(h.t.services, h.ann.id)->user.password_proved_at;
  CHECK((proved == h.t.clock.now()) == (factor == auth::Factor::password));
}

TEST_CASE("a challenge starts no session and clears no failures, and its answer does both") {
  House h;
  const std::string code = h.add_app();
  const uint64_t before = h.t.counters.logins_ok;
  h.is_proved = false;
  CHECK_FALSE(h.run());
  h.is_proved = true;
  auto outcome = h.run();
  REQUIRE(outcome);
  auto& needed = std::get<auth::MfaNeeded>(*outcome);
  CHECK(needed.methods == auth::Methods{auth::Method::totp, auth::Method::recovery_code});
  CHECK(h.sessions().empty());
  CHECK(h.failing_keys() == 4);
  CHECK(h.audited() == std::vector<std::string>{"second_factor_needed", "refused"});
  CHECK(h.t.counters.logins_ok == before);
  REQUIRE(auth::answer_challenge(h.t.services, needed.token, typed(code), from("192.0.2.7")));
  REQUIRE(h.sessions().size() == 1);
  CHECK(h.sessions().front().amr == std::vector<std::string>{"pwd", "otp", "mfa"});
  CHECK(h.failing_keys() == 1);
  CHECK(h.t.counters.logins_ok == before + 1);
}

TEST_CASE("an answer that comes along makes the session at once, and is used up") {
  House h;
  const std::string code = h.add_app();
  h.way.factor = auth::Factor::code;
  tokens_of(h.run(typed(code)));
  REQUIRE(h.sessions().size() == 1);
  CHECK(h.sessions().front().amr == std::vector<std::string>{"otp", "otp", "mfa"});
  const auto again = h.run(typed(code));
  REQUIRE_FALSE(again);
  CHECK(again.error().name == "invalid_code");
}

TEST_CASE("each kind of second factor has its row, and each row its word") {
  std::vector<std::string> words;
  for (const auth::SecondFactor& row : auth::second_factors())
    words.emplace_back(auth::word_of(row.method));
  CHECK(words == std::vector<std::string>{"passkey", "totp", "recovery_code", "email"});
}
