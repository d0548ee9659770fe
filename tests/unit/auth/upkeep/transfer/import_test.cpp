#include "auth/upkeep/transfer/import.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/people/people.h"
#include "auth/accounts/roles/role_grants.h"

#include <map>
#include <set>

#include "auth/accounts/factors/second_factor.h"
#include "auth/core/audit/audit.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/configured_clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/sessions/roles.h"
#include "auth/signin/recovery.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/transfer/batch.h"
#include "auth/upkeep/transfer/records/export.h"
#include "base/uuid.h"
#include "crypto/digest.h"
#include "crypto/totp.h"
#include "support/people.h"
#include "support/records.h"
#include "tables/erasure.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

// bcrypt of "U*U" (the test vectors of crypt_blowfish).
constexpr const char* kForeign = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

struct Observer final : ImportObserver {
  void rejected(const Rejection& rejection) override {
    lines.push_back(rejection.line);
    reasons.push_back(rejection.reason);
  }
  void progressed(const ImportReport&) override {}
  void noted(const Rejection&) override {}
  std::vector<uint64_t> lines;
  std::vector<std::string> reasons;
};

// The records of a text, and an Error in place of the one with the number `breaks_at`.
class BreakingReader final : public RecordReader {
 public:
  BreakingReader(const std::string& text, size_t breaks_at)
      : source_(text), reader_(read_jsonl(source_)), left_(breaks_at) {}
  Result<std::optional<Record>> next() override {
    if (left_-- == 0) return Error{ErrorCode::unavailable, "the disk is gone"};
    return reader_->next();
  }

 private:
  Source source_;
  std::unique_ptr<RecordReader> reader_;
  size_t left_;
};

Result<ImportReport> import(Instance& t, const std::string& text, Observer& observer,
                            const ImportOptions& options = {}, size_t breaks_at = SIZE_MAX) {
  BreakingReader reader(text, breaks_at);
  return import_records(t.services, reader, options, {}, observer);
}

ImportReport import(Instance& t, const std::string& text, const ImportOptions& options = {}) {
  Observer observer;
  const auto report = import(t, text, observer, options);
  REQUIRE(report);
  CHECK(observer.lines.size() == report->rejected);
  return *report;
}

std::string user(const std::string& fields) {
  return "{\"type\":\"user\"," + fields + "}\n";
}

std::string export_of(Instance& t) {
  std::string text;
  REQUIRE(export_everything(t.services, {}, [&](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  }));
  return text;
}

size_t count_users(Instance& t) {
  const auto all = auth::find_people(t.services, {}, 100'000);
  REQUIRE(all);
  return all->total;
}

std::string people(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = "p" + std::to_string(i);
    text += user("\"username\":\"" + name + "\",\"email\":\"" + name +
                 "@example.org\",\"totp_secret\":\"JBSWY3DPEHPK3PXP\"");
  }
  return text;
}

}  // namespace

TEST_CASE("an imported account logs in with its foreign password, which becomes ours") {
  Instance t;
  const ImportReport report =
      import(t, user("\"username\":\"ann\",\"password_hash\":\"" + std::string(kForeign) + "\""));
  CHECK(report.imported == 1);
  REQUIRE(try_login(t, "ann", {}, "U*U"));
  const auto ann = auth::find_account(t.services, "ann");
  REQUIRE(ann);
  CHECK(ann->password_hash.starts_with("$argon2id$"));
  CHECK(ann->role_ids == std::vector<uint64_t>{1});
}

TEST_CASE("records that authd would not take are rejected with line and reason") {
  Instance t;
  add_user(t, "taken");
  const std::string text = user(R"("username":"TAKEN")") + user(R"("email":"taken@example.org")") +
                           user(R"("username":"a b")") + user(R"("email":"nonsense")") +
                           user(R"("first_name":"Ann")") +
                           user(R"("username":"x1","password_hash":"plain text")") +
                           user(R"("username":"x2","totp_secret":"18")") +
                           user(R"("username":"x3","roles":["Not A Role"])") +
                           user(R"("username":"x4","roles":["admin"])") +
                           user(R"("username":"x5","first_name":"a\u0007b")") +
                           user(R"("username":"x6","phone_number":"call me")") +
                           user(R"("username":"good")") + user(R"("username":"GOOD")");
  Observer observer;
  const auto report = import(t, text, observer);
  REQUIRE(report);
  CHECK(report->imported == 1);
  CHECK(report->rejected == 12);
  CHECK(observer.lines == std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13});
  CHECK(observer.reasons[8].find("--allow-admin") != std::string::npos);
  CHECK(observer.reasons.back() == "The file has this username twice.");
  CHECK(count_users(t) == 2);
}

TEST_CASE("a subject is imported with the account, and only once") {
  Instance t;
  const std::string taken = add_user(t, "taken").subject;
  const std::string own = "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16";
  const auto line = [](const char* name, const std::string& subject) {
    return user("\"username\":\"" + std::string(name) + "\",\"subject\":\"" + subject + "\"");
  };
  Observer observer;
  const auto report =
      import(t,
             line("ann", own) + line("bob", own) + line("cat", taken) + line("dan", "7") +
                 line("eve", "3F1C9A52-7D0E-4B68-9C41-E2A5D8F07B16") + user(R"("username":"fay")"),
             observer);
  REQUIRE(report);
  CHECK(report->imported == 2);
  CHECK(std::set<std::string>(observer.reasons.begin(), observer.reasons.end()) ==
        std::set<std::string>{"The file has this subject twice.",
                              "An account with this subject already exists.",
                              "the subject is not a UUID in lower case"});
  CHECK(observer.reasons.size() == 4);
  CHECK(auth::find_account(t.services, "ann")->subject == own);
  const std::string fresh = auth::find_account(t.services, "fay")->subject;
  CHECK(is_uuid(fresh));
  CHECK((fresh != own && fresh != taken));
}

TEST_CASE("a phone number is imported once, in its one form") {
  Instance t;
  Observer observer;
  const auto report = import(t,
                             user(R"("username":"a","phone_number":"+49 30 123456")") +
                                 user(R"("username":"b","phone_number":"+4930123456")"),
                             observer);
  REQUIRE(report);
  CHECK(report->imported == 1);
  REQUIRE(observer.reasons.size() == 1);
  CHECK(observer.reasons[0] == "The file has this phone number twice.");
  CHECK(auth::find_account(t.services, "a")->phone_number == "+4930123456");
  Observer later;
  REQUIRE(import(t, user(R"("username":"c","phone_number":"+4930123456")"), later));
  REQUIRE(later.reasons.size() == 1);
  CHECK(later.reasons[0] == "An account with this phone number already exists.");
}

TEST_CASE("an administrator is imported when that is allowed") {
  Instance t;
  ImportOptions options;
  options.rules.allows_admin = true;
  CHECK(
      import(t, user(R"("username":"root","roles":["user","admin","new.role"])"), options).roles ==
      1);
  const auto root = auth::find_account(t.services, "root");
  REQUIRE(root);
  CHECK(auth::view_account(t.services, root->id)->roles ==
        std::vector<std::string>{"user", "admin", "new.role"});
}

TEST_CASE("a dry run reports the same and writes nothing") {
  Instance t;
  add_user(t, "taken");
  const std::string text = people(100) + user(R"("username":"taken","roles":["fresh"])") +
                           user(R"("username":"p7")") + "{\"type\":\"role\",\"name\":\"editor\"}\n";
  const std::string before = export_of(t);
  ImportOptions options;
  options.is_dry_run = true;
  options.source = std::string(32, 's');
  const ImportReport dry = import(t, text, options);
  CHECK(dry.imported == 100);
  CHECK(dry.rejected == 2);
  CHECK(dry.roles == 2);
  CHECK(export_of(t) == before);
  options.is_dry_run = false;
  const ImportReport real = import(t, text, options);
  CHECK(real.imported == dry.imported);
  CHECK(real.rejected == dry.rejected);
  CHECK(real.roles == dry.roles);
}

TEST_CASE("an import that was broken off goes on, and neither loses nor doubles anybody") {
  const size_t count = 3 * kLanes * kBatch + 5;
  for (const size_t breaks_at : {size_t{0}, size_t{10}, kLanes * kBatch + 3, count}) {
    Instance t;
    const std::string text = people(count);
    ImportOptions options;
    options.source = std::string(32, 's');
    Observer observer;
    CHECK_FALSE(import(t, text, observer, options, breaks_at));
    const size_t before = count_users(t);
    const auto refused = import(t, text, observer, options);
    if (before == 0) {
      REQUIRE(refused);
    } else {
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::conflict);
      options.resumes = true;
      const ImportReport report = import(t, text, options);
      CHECK(report.resumed == before);
      CHECK(report.imported == count);
      CHECK(report.rejected == 0);
    }
    CHECK(count_users(t) == count);
    // Nothing of the progress is left.
    CHECK(import(t, "", options).resumed == 0);
  }
}

TEST_CASE("an export is taken back as it was") {
  Instance old;
  REQUIRE(auth::add_role(old.services, "editor", "Edits", {"posts:write"}, {}));
  REQUIRE(auth::add_client(old.services, {"", {{"name", std::string("billing")}}, ClientSecret("")},
                           {}));
  old.clock.advance(std::chrono::milliseconds(1234567));
  add_user(old, "ann");
  const tables::User gone = add_user(old, "gone");
  REQUIRE(auth::delete_account(old.services, gone.id, {}));
  const tables::User bob = add_user(old, "bob");
  REQUIRE(auth::grant_role(old.services, bob.id, "editor", {}));
  REQUIRE(auth::revoke_role(old.services, bob.id, "user", {}));
  REQUIRE(auth::set_disabled(old.services, bob.id, true, {}));
  // The mailbox of ann is confirmed, and whose the account is stays open at the new place.
  REQUIRE(auth::send_verification(old.services, "ann@example.org", {}));
  const tables::Mail mail = take_mail(old, tables::MailKind::verify_email, "ann@example.org");
  REQUIRE(auth::verify_email(old.services, secret_of(old, mail), {}, {}));
  import(old, people(2));
  // Somebody signed up with an address that must be confirmed first.
  auth::NewAccount claim;
  claim.username = "claim";
  claim.email = "claim@example.org";
  claim.password = Password(kPassword);
  claim.terms_version = old.config.terms.version = "2026-1";
  REQUIRE(auth::sign_up(old.services, claim, {}, auth::AfterSignup::confirm_email));
  auth::ProfileChange flagged;
  flagged.must_change_password = true;
  REQUIRE(auth::change_profile(old.services, bob.id, flagged, {}));
  const std::string text = export_of(old);
  CHECK(text.find("\"totp_secret\":\"JBSWY3DPEHPK3PXP\"") != std::string::npos);
  CHECK(text.find("\"mailbox_alone\":true") != std::string::npos);

  Instance fresh;
  fresh.clock.advance(std::chrono::hours(1));
  ImportOptions options;
  options.rules = {true, true};
  const ImportReport report = import(fresh, text, options);
  CHECK(report.imported == 5);
  CHECK(report.rejected == 0);
  CHECK(report.roles == 1);
  CHECK(report.clients == 1);
  CHECK_FALSE(try_login(fresh, "claim"));
  CHECK(auth::find_account(fresh.services, "claim")->awaits_email);
  CHECK(auth::find_account(fresh.services, "claim")->is_claim);
  CHECK(auth::find_account(fresh.services, "claim")->terms_version == "2026-1");
  CHECK(auth::find_account(fresh.services, "bob")->must_change_password);
  // The two roles that are there from the beginning have the age of the data directory.
  const auto without_default_roles = [](const std::string& all) {
    return all.substr(all.find("{\"type\":\"role\",\"name\":\"editor\""));
  };
  CHECK(without_default_roles(export_of(fresh)) == without_default_roles(text));
  CHECK(import(fresh, text, options).imported == 0);
  // The ids go on behind the imported ones.
  CHECK(add_user(fresh, "new").id.value > bob.id.value);
}

TEST_CASE("people keep their subjects at pairwise clients, unless the server has others") {
  Instance old;
  const tables::User ann = add_user(old, "ann");
  tables::Client client;
  client.id = "wiki";
  client.is_pairwise = true;
  client.redirect_uris = {"https://wiki.example/callback"};
  const auto named = [&](Instance& t) {
    const auto sub = auth::subject_for(t.services, client, ann);
    REQUIRE(sub);
    return *sub;
  };
  CHECK(export_of(old).find("pairwise_key") == std::string::npos);
  const std::string before = named(old);
  const std::string text = export_of(old);
  Instance fresh;
  CHECK(import(fresh, text).rejected == 0);
  CHECK(named(fresh) == before);
  CHECK(import(fresh, text.substr(0, text.find("{\"type\":\"user\""))).rejected == 0);

  Instance other;
  const std::string its = named(other);
  CHECK(its != before);
  const ImportReport report = import(other, text);
  CHECK(report.rejected == 1);
  CHECK(report.imported == 1);
  CHECK(named(other) == its);
}

TEST_CASE("roles and clients that contradict the file are left as they are") {
  Instance t;
  REQUIRE(auth::add_role(t.services, "editor", "", {"posts:write"}, {}));
  const auto client =
      auth::add_client(t.services, {"", {{"name", std::string("billing")}}, ClientSecret("")}, {});
  REQUIRE(client);
  Observer observer;
  const auto report =
      import(t,
             "{\"type\":\"role\",\"name\":\"editor\",\"permissions\":[\"all\"]}\n"
             "{\"type\":\"role\",\"name\":\"A B\"}\n{\"type\":\"client\",\"id\":\"" +
                 client->client.id + "\",\"name\":\"x\",\"secret_hash\":\"" + std::string(64, '0') +
                 "\"}\n{\"type\":\"client\",\"id\":\"x\"}\n",
             observer);
  REQUIRE(report);
  CHECK(report->rejected == 4);
  CHECK(report->roles + report->clients == 0);
  CHECK(auth::list_roles(t.services)->back().permissions ==
        std::vector<std::string>{"posts:write"});
}

TEST_CASE("declared clients go elsewhere, and are passed over where they are declared, too") {
  const std::string key(32, 's');
  const std::map<std::string, auth::MemberValue> members = {
      {"redirect_uris", std::vector<std::string>{"https://app.example/cb"}}};
  const auto declare = [&](Instance& t, const std::string& secret) {
    t.config.clients = {{"app", members, secret, "", ""}, {"bare", members, "", "", ""}};
    REQUIRE(auth::apply_configured_clients(t.services));
  };
  Instance old;
  declare(old, key);
  const std::string text = export_of(old);
  for (const std::string& secret : {key, key + "x"}) {
    Instance same;
    same.clock.advance(std::chrono::hours(1));
    declare(same, secret);
    const ImportReport report = import(same, text);
    CHECK(report.clients + report.rejected == 0);
    CHECK(auth::list_clients(same.services)->at(0).configured);
  }
  Instance fresh;
  CHECK(import(fresh, text).clients == 2);
  const auto moved = auth::list_clients(fresh.services);
  REQUIRE(moved->size() == 2);
  CHECK_FALSE(moved->at(0).configured);
  CHECK(auth::secrets_of(moved->at(0)).at(0).hash == crypto::sha256(key));
  CHECK(auth::secrets_of(moved->at(1)).empty());
  const ImportReport again = import(fresh, text);
  CHECK(again.clients + again.rejected == 0);
}

TEST_CASE("the secrets of a client in a file are checked, and compared without their times") {
  Instance t;
  const std::string hash(64, 'a');
  const auto secret = [&](const std::string& id, const std::string& more = "") {
    return "{\"id\":\"" + id + "\",\"hash\":\"" + hash + "\"" + more + "}";
  };
  const auto client = [](const std::string& fields) {
    return "{\"type\":\"client\",\"id\":\"app\",\"name\":\"App\"," + fields + "}\n";
  };
  const auto many = [&](size_t count) {
    std::string list = secret("configuration");
    for (size_t i = 0; i < count; ++i)
      list += "," + secret("s" + std::to_string(i));
    return client("\"secrets\":[" + list + "]");
  };
  const std::string public_one =
      R"("public":true,"redirect_uris":["https://app.example/cb"],"secrets":[)";
  const std::vector<std::pair<std::string, std::string>> refused = {
      {client("\"secret_hash\":\"no hash\""), "the secret_hash is not a SHA-256 hash"},
      {client("\"secret_hash\":\"abcd\""), "the hash of a secret is not a SHA-256 hash"},
      {client("\"secrets\":[" + secret("") + "]"), "does not have 1 to 64 bytes"},
      {client("\"secrets\":[" + secret(std::string(65, 'x')) + "]"), "1 to 64 bytes"},
      {client("\"secrets\":[" + secret("a") + "," + secret("a") + "]"), "the same id"},
      {client("\"secrets\":[" + secret("0") + "," + secret("0") + "]"), "the same id"},
      {client(public_one + secret("a") + "]"), "has no secret"},
      {many(11), "more than 10 secrets"}};
  for (const auto& [line, reason] : refused) {
    CAPTURE(line);
    Observer observer;
    REQUIRE(import(t, line, observer));
    REQUIRE(observer.reasons.size() == 1);
    CHECK(observer.reasons[0].find(reason) != std::string::npos);
  }
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::client_logos.put(tx, "app", auth::client_logo_of("an old picture", t.clock.now()));
    return {};
  }));
  CHECK(import(t, many(10)).clients == 1);
  CHECK(auth::check_store(t.services)->findings == std::vector<std::string>{});
  CHECK(import(t, many(10)).rejected == 0);
  REQUIRE(auth::delete_client(t.services, "app", {}));
  const std::string created = R"(,"created_at":"2024-01-02T03:04:05Z")";
  CHECK(import(t, client("\"secrets\":[" + secret("a") + "," + secret("b") + "]")).clients == 1);
  CHECK(import(t, client("\"secrets\":[" + secret("b", created) + "," + secret("a") + "]"))
            .rejected == 0);
  CHECK(import(t, client("\"secrets\":[" + secret("a") + "]")).rejected == 1);
}

TEST_CASE("an imported user does not get what an older release left behind of a former one") {
  Instance t;
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::user_attributes.put(tx, {UserId{77}, {"of another"}, {}});
    return {};
  }));
  ImportOptions options;
  options.rules.keeps_ids = true;
  CHECK(import(t, user(R"("id":77,"username":"ann")"), options).imported == 1);
  CHECK(t.store
            .read([](store::ReadTxn& tx) -> Result<bool> {
              return !tables::user_attributes.find(tx, tables::big_endian(77));
            })
            .value());
}

TEST_CASE("an imported authenticator is asked for and lets its user in") {
  Instance t;
  import(t, user(R"("username":"ann","totp_secret":"jbsw y3dp ehpk 3pxp====","password_hash":")" +
                 std::string(kForeign) + "\""));
  const auto outcome = try_login(t, "ann", {}, "U*U");
  REQUIRE(outcome);
  CHECK(std::holds_alternative<auth::MfaNeeded>(*outcome));
  const auto ann = auth::find_account(t.services, "ann");
  const std::string code =
      crypto::totp_code(SecretKey("Hello!\xde\xad\xbe\xef"), crypto::totp_step(t.clock.now()));
  CHECK(t.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    return auth::prove_second_factor({t.services, tx, *ann, nullptr, t.clock.now(), {}, {}},
                                     auth::CodeAnswer{OneTimeSecret(std::string(code))})
        .has_value();
  }) == true);
}

TEST_CASE("imports and exports are in the audit log") {
  Instance t;
  import(t, people(2));
  export_of(t);
  const auto entries = auth::list_audit(t.services, {});
  REQUIRE(entries);
  REQUIRE(entries->size() >= 4);
  CHECK((*entries)[0].action == "users_exported");
  CHECK((*entries)[0].detail == "2");
  CHECK((*entries)[1].action == "export_started");
  CHECK((*entries)[2].action == "users_imported");
  CHECK((*entries)[2].detail == "2");
  CHECK((*entries)[3].action == "import_started");
}

// The engine of this test refuses what is beyond the budget.
TEST_CASE(
    "accounts with many roles are cut into transactions that are not too large, and resumed") {
  std::string text;
  for (size_t i = 0; i < 200; ++i) {
    std::string roles;
    for (size_t role = 0; role < i % tables::kMaxRolesPerUser; ++role)
      roles += (roles.empty() ? "\"r" : ",\"r") + std::to_string(role) + "\"";
    text += user("\"username\":\"p" + std::to_string(i) + "\",\"email\":\"p" + std::to_string(i) +
                 "@example.org\",\"roles\":[" + roles + "]");
  }
  Instance whole;
  CHECK(import(whole, text).imported == 200);
  CHECK(count_users(whole) == 200);
  CHECK(auth::check_store(whole.services)->findings == std::vector<std::string>{});
  Instance broken;
  Observer observer;
  ImportOptions options;
  options.source = "a file";
  CHECK_FALSE(import(broken, text, observer, options, 150));
  options.resumes = true;
  const auto rest = import(broken, text, observer, options);
  REQUIRE(rest);
  CHECK(rest->resumed > 0);
  CHECK(rest->imported == 200);
  CHECK(count_users(broken) == 200);
  CHECK(observer.reasons.empty());
}

TEST_CASE("the id of a user who is being erased is not free") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::mark_erased(tx, ann, t.clock.now());
    return {};
  }));
  Prepared account;
  account.wanted_id = ann.id.value;
  account.user.username = "ben";
  const auto conflict = [&] {
    return t.store
        .read([&](store::ReadTxn& tx) -> Result<std::string> { return conflict_of(tx, account); })
        .value();
  };
  CHECK(conflict() == "The id is taken.");
  REQUIRE(tables::erase_owned(t.store, ann.id));
  CHECK(conflict().empty());
}
