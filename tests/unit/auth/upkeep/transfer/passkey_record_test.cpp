#include "auth/upkeep/transfer/records/passkey_record.h"

#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/signin/passkey_login.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/transfer/batch.h"
#include "auth/upkeep/transfer/import.h"
#include "auth/upkeep/transfer/records/export.h"
#include "support/passkeys.h"
#include "support/people.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

struct Observer final : ImportObserver {
  void rejected(const Rejection& rejection) override { reasons.push_back(rejection.reason); }
  void progressed(const ImportReport&) override {}
  void noted(const Rejection&) override {}
  std::vector<std::string> reasons;
};

// An account that lives by a passkey, and its handle.
std::string sign_up(Instance& t) {
  auth::NewAccount account;
  account.username = "kim";
  const auto start = auth::begin_sign_up(t.services, account, {});
  REQUIRE(start);
  account.passkey = auth::PasskeyAsked{made_passkey(start->challenge, 1), "phone"};
  REQUIRE(auth::sign_up(t.services, account, {}));
  return start->user_handle;
}

std::string export_of(Instance& t) {
  std::string text;
  const auto report =
      export_everything(t.services, {}, [&](std::string_view piece) -> Result<void> {
        text += piece;
        return {};
      });
  REQUIRE(report);
  CHECK(report->passkeys == 1);
  CHECK(report->without_recovery == 1);
  return text;
}

ImportReport import(Instance& t, const std::string& text, Observer& observer) {
  Source source(text);
  const auto reader = read_jsonl(source);
  ImportOptions options;
  options.rules.realm = t.config;
  const auto report = import_records(t.services, *reader, options, {}, observer);
  REQUIRE(report);
  return *report;
}

// Whether kim's passkey signs in.
bool signs_in(Instance& t, const std::string& handle) {
  const auto question = auth::begin_passkey_login(t.services);
  REQUIRE(question);
  AssertionParts parts;
  parts.client.challenge = question->challenge;
  parts.data.id = passkey_id(1);
  parts.data.sign_count = 5;
  parts.user_handle = handle;
  return auth::log_in_by_passkey(t.services, parts.response(passkey_key()), {}).has_value();
}

}  // namespace

TEST_CASE("a passkey goes along to another server of the same host, and signs in there") {
  Instance old{passkey_config()};
  const std::string handle = sign_up(old);
  const std::string text = export_of(old);

  Instance fresh{passkey_config()};
  Observer observer;
  const ImportReport report = import(fresh, text, observer);
  CHECK(report.imported == 1);
  CHECK(report.losses.empty());
  const auto kim = auth::find_account(fresh.services, "kim");
  REQUIRE(kim);
  CHECK(kim->passkeys == 1);
  const auto all = auth::list_passkeys(fresh.services, kim->id);
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  CHECK(all->front().name == "phone");
  CHECK(signs_in(fresh, handle));
  const auto checked = auth::check_store(fresh.services);
  REQUIRE(checked);
  CHECK(checked->findings.empty());
  // Nobody gets it twice.
  Observer again;
  std::string other = text;
  other.replace(other.find("\"kim\""), 5, "\"tim\"");
  const size_t subject = other.find("\"subject\":\"");
  other.erase(subject, other.find(',', subject) + 1 - subject);
  CHECK(import(fresh, other, again).imported == 0);
  CHECK(again.reasons ==
        std::vector<std::string>{"An account with this user_handle already exists."});
}

TEST_CASE("a passkey of another host is a loss") {
  Instance old{passkey_config()};
  sign_up(old);
  const std::string text = export_of(old);
  config::Config elsewhere = passkey_config();
  elsewhere.passkeys.rp_id = "example.net";
  elsewhere.public_url = "https://example.net";
  Instance fresh{elsewhere};
  Observer observer;
  const ImportReport report = import(fresh, text, observer);
  CHECK(report.imported == 1);
  CHECK(report.losses.count("passkey for another host (passkeys.rp_id)") == 1);
  CHECK(auth::find_account(fresh.services, "kim")->passkeys == 0);
}

TEST_CASE("what no server can have exported is refused") {
  Instance old{passkey_config()};
  sign_up(old);
  const std::string text = export_of(old);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    Instance fresh{passkey_config()};
    Observer observer;
    CHECK(import(fresh, changed, observer).imported == 0);
    REQUIRE(observer.reasons.size() == 1);
    return observer.reasons.front();
  };
  CHECK(with("\"public_key\":\"", "\"public_key\":\"AAAA") ==
        "the key of a passkey is not of a kind that authd accepts");
  CHECK(with("\"sign_count\":0", "\"sign_count\":-1") ==
        "a passkey has a counter that cannot be read");
  CHECK(with("\"is_synced\":false,\"backed_up\":false", "\"backed_up\":true") ==
        "a passkey is marked as backed up, but not as eligible for backup");
  CHECK(with("\"transports\":[\"internal\"]", "\"transports\":[\"\\u0007\"]") ==
        "the transports of a passkey are not valid");
  CHECK(with("\"sign_count\":0", "\"sign_cont\":0") == "a passkey has an unknown field");
  CHECK(with("\"user_handle\":\"", "\"user_handle\":\"AAAA") == "the user_handle is not valid");
  CHECK(with("\"name\":\"phone\"", "\"name\":\"\"") == "A passkey needs a name.");
}

TEST_CASE("an account with many passkeys and roles keeps what one transaction has room for") {
  Prepared account;
  account.user.username = "ann";
  account.user.role_ids.assign(tables::kMaxRolesPerUser, 1);
  for (int i = 0; i < 20; ++i) {
    tables::Passkey one;
    one.uv_initialized = one.is_discoverable = i % 2 == 1;
    auth::count_of(account.user, one) += 1;
    account.passkeys.push_back(one);
  }
  fit_into_batch(account);
  CHECK(account_writes(account) <= kBatchWrites);
  CHECK_FALSE(account.passkeys.empty());
  CHECK(account.passkeys.size() == account.user.passkeys + account.user.security_keys);
  CHECK(account.losses.size() == 20 - account.passkeys.size());
  CHECK(account.user.passkeys == std::min<size_t>(10, account.passkeys.size()));
}
