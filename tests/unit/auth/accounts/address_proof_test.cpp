#include "auth/accounts/changes/address_proof.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/sessions/session_tokens.h"

#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/changes/email_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/audit/audit.h"
#include "auth/core/limits/devices.h"
#include "auth/core/ways.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/recovery.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/ended_ways.h"
#include "base/encoding.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "tables/expiry.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

Result<auth::MadeApiKey> add_key(Instance& t, UserId user,
                                 const std::optional<std::string>& session = {}) {
  auth::Origin herself;
  herself.actor = user;
  return auth::add_api_key(t.services, user, session, {"ci", {"verify"}, 24h}, herself);
}

constexpr const char* kAnn = "ann@example.org";

// A sign-up as "ann", with an app as second factor, of somebody who has not proved the address.
struct Claim {
  Instance t;
  std::optional<auth::Tokens> tokens;
  UserId id;
  SecretKey app;

  explicit Claim(const config::Config& config = Instance::default_config(), bool has_app = true)
      : t(config) {
    auth::NewAccount account;
    account.username = "ann";
    account.email = kAnn;
    account.password = Password(kPassword);
    auto made = auth::sign_up(t.services, account, {});
    REQUIRE((made && *made));
    tokens = std::move(**made);
    id = tokens->user.id;
    if (has_app) add_app();
  }
  auth::Person caller() { return caller_of(t, *tokens); }
  void add_app() {
    const auto setup = auth::begin_totp(t.services, caller());
    REQUIRE(setup);
    app = SecretKey(base32_decode(setup->secret.reveal()).value());
    REQUIRE(auth::confirm_totp(t.services, caller(), app_code(), {}));
    take_mail(t, tables::MailKind::factors_changed, kAnn);
  }
  OneTimeSecret app_code() const {
    return OneTimeSecret(crypto::totp_code(app, crypto::totp_step(t.clock.now())));
  }
  bool has_app() { return auth::view_account(t.services, id)->user.mfa_enabled; }
  bool has_factor_row() {
    const auto found = t.store.read([&](store::ReadTxn& tx) -> Result<bool> {
      return tables::factors.find(tx, tables::big_endian(id.value)).has_value();
    });
    REQUIRE(found);
    return *found;
  }
  Result<auth::AccountView> verify(std::string_view session) {
    const OneTimeSecret token = secret_of(t, take_mail(t, tables::MailKind::verify_email, kAnn));
    return auth::verify_email(t.services, token, {session}, {});
  }
  Result<void> reset() {
    REQUIRE(auth::forgot_password(t.services, kAnn, {}));
    const auto token = secret_of(t, take_mail(t, tables::MailKind::reset_password, kAnn));
    return auth::reset_password(t.services, token, Password("the owner's battery"), {});
  }
  Result<auth::LoginOutcome> by_link() {
    auto binding = auth::send_magic_link(t.services, kAnn, {});
    REQUIRE(binding);
    const auto token = secret_of(t, take_mail(t, tables::MailKind::magic_link, kAnn));
    return auth::log_in_by_link(t.services, token, *binding, {});
  }
  Result<auth::LoginOutcome> by_code() {
    REQUIRE(auth::send_login_code(t.services, kAnn, {}));
    const auto code = secret_of(t, take_mail(t, tables::MailKind::login_code, kAnn));
    return auth::log_in_by_code(t.services, kAnn, code, std::nullopt, {});
  }
};

bool is_challenge(const Result<auth::LoginOutcome>& outcome) {
  return outcome && std::holds_alternative<auth::MfaNeeded>(*outcome);
}

auth::AddressProof look(Instance& t, UserId id) {
  return auth::prepare_proof(t.services, auth::view_account(t.services, id)->user, {},
                             t.clock.now());
}

// The write of somebody who proves the address.
void prove(Instance& t, UserId id, const auth::AddressProof& proof) {
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, id);
    auth::end_earlier_ways(t.services, tx, proof, user, {}, t.clock.now());
    tables::put_user(tx, user);
    return {};
  }));
}

// take_mail() leaves what was due behind.
std::vector<std::string> findings(Instance& t) {
  std::vector<std::string> found = auth::check_store(t.services)->findings;
  std::erase_if(found, [](const std::string& one) { return one.find("mail_due") != one.npos; });
  return found;
}

// All that the job has to do, and the store is whole before and after it.
size_t erase_ended(Instance& t) {
  CHECK(findings(t) == std::vector<std::string>{});
  size_t erased = 0;
  while (true) {
    const auto round = auth::erase_ended_ways(t.services);
    REQUIRE(round);
    erased += round->rows;
    if (!round->more) break;
  }
  CHECK(findings(t) == std::vector<std::string>{});
  return erased;
}

}  // namespace

TEST_CASE("a way in that is added between the look and the write ends as those before it do") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const auto first = add_key(t, ann);
  REQUIRE(first);
  const auth::AddressProof proof = look(t, ann);
  const auto second = add_key(t, ann);
  REQUIRE(second);
  prove(t, ann, proof);
  CHECK(auth::list_api_keys(t.services, ann)->empty());
  for (const auto* key : {&*first, &*second})
    CHECK_FALSE(auth::authenticate_api_key(t.services, key->text.reveal(), t.clock.now()));
  CHECK(auth::revoke_api_key(t.services, ann, first->key.number, {}).error().code ==
        ErrorCode::not_found);
}

TEST_CASE("no API key is made for a session that ended meanwhile") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const std::string session = caller_of(t, tokens_of(try_login(t, "ann"))).session().id;
  REQUIRE(add_key(t, ann, session));
  REQUIRE(auth::set_password(t.services, ann, Password("another password"), {}));
  const auto late = add_key(t, ann, session);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::unauthenticated);
  CHECK(auth::list_api_keys(t.services, ann)->size() == 1);
}

TEST_CASE("whoever proves the address of a claim first is not kept out by its second factor") {
  Claim claim;
  SECTION("by a magic link") {
    tokens_of(claim.by_link());
  }
  SECTION("by a mailed code") {
    tokens_of(claim.by_code());
  }
  SECTION("by a reset") {
    REQUIRE(claim.reset());
    tokens_of(try_login(claim.t, "ann", {}, "the owner's battery"));
  }
  CHECK_FALSE(claim.has_app());
  CHECK(erase_ended(claim.t) == 1);
  CHECK_FALSE(claim.has_factor_row());
  CHECK_FALSE(is_alive(claim.t, *claim.tokens));
  CHECK_FALSE(try_login(claim.t, "ann"));
  CHECK(take_mail(claim.t, tables::MailKind::factors_changed, kAnn).detail == "proved");
  auth::AuditFilter filter;
  filter.action = "factors_reset";
  const auto audited = auth::list_audit(claim.t.services, filter);
  REQUIRE(audited);
  REQUIRE(audited->size() == 1);
  CHECK(audited->front().subject == claim.id);
  CHECK(audited->front().detail == "email proved");
}

TEST_CASE("a secret that was shown and not confirmed goes with the claim") {
  Claim claim(Instance::default_config(), false);
  REQUIRE(auth::begin_totp(claim.t.services, claim.caller()));
  REQUIRE(claim.has_factor_row());
  tokens_of(claim.by_link());
  CHECK(erase_ended(claim.t) == 1);
  CHECK_FALSE(claim.has_factor_row());
}

TEST_CASE("a factor that is set up after the proof takes the place of one that ended") {
  Claim claim;
  claim.tokens = tokens_of(claim.by_link());
  take_mail(claim.t, tables::MailKind::factors_changed, kAnn);
  claim.add_app();
  CHECK(claim.has_app());
  CHECK(erase_ended(claim.t) == 0);
  CHECK(claim.has_factor_row());
  claim.t.clock.advance(1min);
  CHECK(is_challenge(claim.by_link()));
}

TEST_CASE("an administrator's reset ends the factors and the devices, and nothing else") {
  Claim claim;
  REQUIRE(claim.verify(claim.caller().session().id));
  const auto key = add_key(claim.t, claim.id);
  REQUIRE(key);
  const auto user = [&] { return auth::view_account(claim.t.services, claim.id)->user; };
  const auto fresh = [&] {
    return auth::make_device(claim.t.services, user(), "device 1", claim.t.clock.now());
  };
  const std::string device = fresh();
  const auto is_known = [&](const std::string& text) {
    const auto token = auth::read_device(claim.t.services, text, claim.id, claim.t.clock.now());
    return token && token->epoch == auth::epoch_of(user(), auth::Way::device);
  };
  CHECK(is_known(device));
  REQUIRE(auth::reset_factors(claim.t.services, claim.id, {}));
  CHECK_FALSE(claim.has_app());
  CHECK_FALSE(is_known(device));
  CHECK(is_known(fresh()));
  CHECK(auth::authenticate_api_key(claim.t.services, key->text.reveal(), claim.t.clock.now()));
  CHECK(erase_ended(claim.t) == 1);
}

TEST_CASE("a second factor outlives every later proof of an address that was proved before") {
  Claim claim(Instance::default_config(), false);
  SECTION("the factor came after the proof") {
    REQUIRE(claim.verify(claim.caller().session().id));
    claim.add_app();
  }
  SECTION("the factor came before it, and the link was opened in the session that made it") {
    claim.add_app();
    REQUIRE(claim.verify(claim.caller().session().id));
    CHECK(is_alive(claim.t, *claim.tokens));
  }
  SECTION("the address is another one by now, which nobody has proved") {
    REQUIRE(claim.verify(claim.caller().session().id));
    claim.add_app();
    auth::ProfileChange change;
    change.email = "";
    REQUIRE(auth::change_profile(claim.t.services, claim.id, change, {}));
    change.email = kAnn;
    const auto view = auth::change_profile(claim.t.services, claim.id, change, {});
    REQUIRE(view);
    REQUIRE_FALSE(view->user.email_verified);
  }
  CHECK(is_challenge(claim.by_link()));
  CHECK(is_challenge(claim.by_code()));
  REQUIRE(claim.reset());
  CHECK(claim.has_app());
  CHECK(is_challenge(try_login(claim.t, "ann", {}, "the owner's battery")));
}

TEST_CASE("a second factor stays where an operator knows whose account it is") {
  Claim claim;
  REQUIRE(auth::add_role(claim.t.services, "editor", "", {}, {}));
  REQUIRE(auth::grant_role(claim.t.services, claim.id, "editor", {}));
  CHECK(is_challenge(claim.by_link()));
  CHECK(claim.has_app());
}

TEST_CASE("the link that confirms an address takes over nothing that somebody else may have made") {
  Claim claim(Instance::default_config(), false);
  const OneTimeSecret token =
      secret_of(claim.t, take_mail(claim.t, tables::MailKind::verify_email, kAnn));
  const auto follow = [&](std::string_view session) {
    return auth::verify_email(claim.t.services, token, {session}, {});
  };
  SECTION("an app") {
    claim.add_app();
  }
  SECTION("an API key") {
    REQUIRE(add_key(claim.t, claim.id));
  }
  CHECK(follow("").error().name == "sign_in_first");
  // Nor is a session of somebody else one of the account.
  add_user(claim.t, "bob");
  const std::string other = caller_of(claim.t, tokens_of(try_login(claim.t, "bob"))).session().id;
  CHECK(follow(other).error().name == "sign_in_first");
  CHECK_FALSE(auth::view_account(claim.t.services, claim.id)->user.email_verified);
  CHECK(follow(claim.caller().session().id));
}

TEST_CASE("nor does the link to a new address, wherever it is opened") {
  Claim claim;
  REQUIRE(auth::begin_email_change(claim.t.services, claim.caller(), "bob@example.org", {}));
  const OneTimeSecret token = secret_of(
      claim.t, take_mail(claim.t, tables::MailKind::confirm_new_email, "bob@example.org"));
  CHECK(auth::confirm_any_email(claim.t.services, token, {}, {}).error().name == "sign_in_first");
  CHECK(auth::view_account(claim.t.services, claim.id)->user.email == kAnn);
  CHECK(auth::confirm_any_email(claim.t.services, token, {claim.caller().session().id}, {}));
}

TEST_CASE("an API key that is over keeps nobody from confirming an address") {
  Claim claim(Instance::default_config(), false);
  REQUIRE(add_key(claim.t, claim.id));
  take_mail(claim.t, tables::MailKind::verify_email, kAnn);
  claim.t.clock.advance(24h);
  REQUIRE(auth::send_verification(claim.t.services, kAnn, {}));
  CHECK(claim.verify(""));
}

TEST_CASE("where a code by mail is required, a mailed link is not followed by another mail") {
  config::Config config = Instance::default_config();
  Claim claim(config);
  claim.t.config.mfa.email_otp = config::EmailOtp::required;
  const auth::Tokens tokens = tokens_of(claim.by_link());
  CHECK(caller_of(claim.t, tokens).session().amr == std::vector<std::string>{"otp"});
}

TEST_CASE("no mailed code stands in for an app that was added while the login was under way") {
  Claim claim;
  claim.t.config.mfa.email_otp = config::EmailOtp::required;
  REQUIRE(claim.verify(claim.caller().session().id));
  tables::User before = auth::view_account(claim.t.services, claim.id)->user;
  before.mfa_enabled = false;
  const auto look = [&](store::ReadTxn&) -> Result<auth::FoundUser> { return before; };
  const auto prove = [](const auth::FoundUser& seen) -> Result<std::optional<auth::Proved>> {
    return std::optional<auth::Proved>(auth::Proved{*seen, {}});
  };
  const auto decide = [](store::WriteTxn& tx, const tables::User& seen,
                         auth::Round&) -> Result<tables::User> {
    return *tables::find_user(tx, seen.id);
  };
  const auto outcome = auth::run_first_factor(
      claim.t.services, {auth::Factor::password, config::LoginMethod::password, "login"},
      {look, prove, decide}, std::nullopt, {});
  REQUIRE(is_challenge(outcome));
  const auto& needed = std::get<auth::MfaNeeded>(*outcome);
  CHECK(needed.methods.front() == auth::Method::totp);
  for (const tables::Mail& mail : mails(claim.t))
    CHECK(mail.kind != tables::MailKind::login_code);
  claim.t.clock.advance(30s);
  CHECK(
      auth::answer_challenge(claim.t.services, needed.token, typed(claim.app_code().reveal()), {}));
}

TEST_CASE("a link that is followed without the password proves the mailbox alone") {
  Claim claim(Instance::default_config(), false);
  REQUIRE(claim.verify(""));
  // Nobody is thrown out, and the address counts as confirmed.
  CHECK(auth::view_account(claim.t.services, claim.id)->user.email_verified);
  CHECK(is_alive(claim.t, *claim.tokens));
  tokens_of(try_login(claim.t, "ann"));
  // What is set up from now on goes with all else.
  claim.add_app();
  const auto key = add_key(claim.t, claim.id);
  REQUIRE(key);
  SECTION("until a magic link") {
    tokens_of(claim.by_link());
  }
  SECTION("until a mailed code") {
    tokens_of(claim.by_code());
  }
  SECTION("until a reset") {
    REQUIRE(claim.reset());
    tokens_of(try_login(claim.t, "ann", {}, "the owner's battery"));
  }
  CHECK_FALSE(claim.has_app());
  CHECK(erase_ended(claim.t) == 2);
  CHECK_FALSE(claim.has_factor_row());
  CHECK_FALSE(is_alive(claim.t, *claim.tokens));
  CHECK_FALSE(try_login(claim.t, "ann"));
  CHECK_FALSE(
      auth::authenticate_api_key(claim.t.services, key->text.reveal(), claim.t.clock.now()));
  auth::AuditFilter filter;
  filter.action = "credentials_voided";
  CHECK(auth::list_audit(claim.t.services, filter)->size() == 1);
  // From now on the owner is known.
  claim.t.clock.advance(1min);
  const tables::User owner = auth::view_account(claim.t.services, claim.id)->user;
  CHECK(auth::is_owner_known(owner));
  CHECK_FALSE(owner.is_claim);
}

TEST_CASE("with the password the link proves both, and later proofs take nothing away") {
  Claim claim;
  take_mail(claim.t, tables::MailKind::verify_email, kAnn);
  REQUIRE(auth::send_verification(claim.t.services, kAnn, {}));
  const OneTimeSecret token =
      secret_of(claim.t, take_mail(claim.t, tables::MailKind::verify_email, kAnn));
  const Password wrong("a stranger's battery");
  const Password right(kPassword);
  const auto follow = [&](const Password& password) {
    return auth::verify_email(claim.t.services, token, {std::nullopt, &password}, {});
  };
  CHECK(follow(wrong).error().name == "wrong_password");
  REQUIRE(follow(right));
  CHECK(is_challenge(claim.by_link()));
  CHECK(is_alive(claim.t, *claim.tokens));
  CHECK(claim.has_app());
}

TEST_CASE("a link that is followed later does not put in doubt who the owner is") {
  Claim claim(Instance::default_config(), false);
  const auto first = secret_of(claim.t, take_mail(claim.t, tables::MailKind::verify_email, kAnn));
  REQUIRE(auth::send_verification(claim.t.services, kAnn, {}));
  REQUIRE(claim.verify(claim.caller().session().id));
  REQUIRE(auth::verify_email(claim.t.services, first, {}, {}));
  CHECK(auth::is_owner_known(auth::view_account(claim.t.services, claim.id)->user));
  // The other way round, a session settles it.
  claim.t.clock.advance(1min);
  REQUIRE(claim.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, claim.id);
    user.mailbox_alone = true;
    tables::put_user(tx, user);
    return {};
  }));
  REQUIRE(auth::send_verification(claim.t.services, kAnn, {}));
  REQUIRE(claim.verify(claim.caller().session().id));
  CHECK(auth::is_owner_known(auth::view_account(claim.t.services, claim.id)->user));
}

TEST_CASE(
    "a proof ends more API keys than a user may have, and they are erased in bounded rounds") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  const auto first = add_key(t, ann);
  REQUIRE(first);
  // As a release before there was the list of a user's keys could make them.
  constexpr uint64_t kFirst = 1000;
  constexpr uint64_t kMany = 90;
  for (uint64_t number = kFirst; number < kFirst + kMany; ++number) {
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::ApiKey key = first->key;
      key.number = number;
      tables::api_keys.insert(tx, key);
      return {};
    }));
  }
  prove(t, ann, look(t, ann));
  CHECK_FALSE(auth::authenticate_api_key(t.services, first->text.reveal(), t.clock.now()));
  CHECK(auth::list_api_keys(t.services, ann)->empty());
  const auto next = add_key(t, ann);
  REQUIRE(next);
  CHECK(erase_ended(t) == kMany + 1);
  CHECK(auth::authenticate_api_key(t.services, next->text.reveal(), t.clock.now()));
  CHECK(auth::list_api_keys(t.services, ann)->size() == 1);
}

TEST_CASE("what was looked at while the owner was known does not matter for the proof") {
  Instance t;
  const UserId ann = add_user(t, "ann").id;
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = *tables::find_user(tx, ann);
    auth::note_owner(user);
    tables::put_user(tx, user);
    return {};
  }));
  const auto key = add_key(t, ann);
  REQUIRE(key);
  const auth::AddressProof proof = look(t, ann);
  auth::ProfileChange change;
  change.email = "other@example.org";
  REQUIRE(auth::change_profile(t.services, ann, change, {}));
  prove(t, ann, proof);
  CHECK_FALSE(auth::authenticate_api_key(t.services, key->text.reveal(), t.clock.now()));
}

TEST_CASE("a way in that is added after the link was followed is not overlooked either") {
  Claim claim(Instance::default_config(), false);
  REQUIRE(claim.verify(""));
  const auth::AddressProof proof = look(claim.t, claim.id);
  claim.add_app();
  prove(claim.t, claim.id, proof);
  CHECK_FALSE(claim.has_app());
  take_mail(claim.t, tables::MailKind::factors_changed, kAnn);
}

TEST_CASE("a claim has no other way when its last key is the one that was looked at and revoked") {
  Claim claim(Instance::default_config(), false);
  const auto key = add_key(claim.t, claim.id);
  REQUIRE(key);
  const auto seen = auth::other_ways_of(claim.t.services, claim.id);
  REQUIRE(seen);
  CHECK(seen->api_keys.size() == 1);
  const auto check = [&](const auth::OtherWays& ways) {
    return claim.t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      return auth::check_has_no_other_way(claim.t.services, tx, ways,
                                          *tables::find_user(tx, claim.id), claim.t.clock.now());
    });
  };
  CHECK_FALSE(check(*seen));
  CHECK_FALSE(check({}));  // one that was made since the look
  REQUIRE(auth::revoke_api_key(claim.t.services, claim.id, key->key.number, {}));
  CHECK(check(*seen));
}

// What is planned for one write adds up, whatever somebody else has heaped up in the account. The
// engine of this test refuses more.
TEST_CASE("the owner gets in by a mailed link however much was set up before") {
  Claim claim(Instance::default_config(), false);
  for (size_t i = 0; i < auth::kMaxApiKeysPerUser; ++i)
    REQUIRE(add_key(claim.t, claim.id));
  REQUIRE(claim.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (size_t i = 0; i < 20; ++i) {
      tables::Identity identity;
      identity.provider = "provider" + std::to_string(i);
      identity.subject = "123";
      identity.user = claim.id;
      tables::identities.put(tx, identity);
    }
    return {};
  }));
  claim.add_app();
  for (int i = 0; i < 125; ++i) {
    REQUIRE(claim.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::Session session;
      session.id = std::string(15, 's') + static_cast<char>(i);
      session.expires_at = claim.t.clock.now() + 1h;
      auth::start_session(claim.t.services, tx, session, *tables::find_user(tx, claim.id), {},
                          claim.t.clock.now());
      return {};
    }));
  }
  CHECK(tokens_of(claim.by_link()).user.id == claim.id);
  CHECK(auth::list_api_keys(claim.t.services, claim.id)->empty());
  CHECK_FALSE(claim.has_app());
  CHECK(auth::list_sessions(claim.t.services, claim.id, claim.t.clock.now())->size() == 1);
}
