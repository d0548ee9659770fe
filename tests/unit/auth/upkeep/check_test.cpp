#include "auth/upkeep/check.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/ways.h"
#include "auth/webhooks/webhooks.h"
#include "support/instance.h"
#include "support/people.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using test::Instance;

// A store with a row in (nearly) every table.
struct Full {
  Full() {
    tables::User user;
    const Time now = i.clock.now();
    test::must(i.store
                   .write([&](store::WriteTxn& tx) -> Result<void> {
                     user = tables::User{};
                     user.id = UserId{tables::next_number(tx, "user_id")};
                     user.username = "ann";
                     user.email = "ann@example.org";
                     user.role_ids = {1};
                     user.mfa_enabled = true;
                     user.phone_number = "+4930123456";
                     user.avatar_version = "v";
                     user.subject = "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16";
                     user.passkey_handle = std::string(32, 'h');
                     user.security_keys = 1;
                     tables::Passkey passkey;
                     passkey.user = user.id;
                     passkey.id_hash = std::string(32, 'i');
                     tables::passkeys.insert(tx, passkey);
                     tables::used_challenges.insert(tx, std::string(32, 'c'),
                                                    {now + std::chrono::hours(1), {}});
                     tables::Avatar avatar;
                     avatar.version = user.avatar_version;
                     tables::avatars.put(tx, tables::big_endian(user.id.value), avatar);
                     tables::ApiKey key;
                     key.user = user.id;
                     key.number = 1;  // ended, and to be erased
                     end_ways(tx, user, {Way::api_key});
                     key.expires_at = now + std::chrono::hours(1);
                     tables::api_keys.insert(tx, key);
                     tables::put_user(tx, user);
                     tables::Session session;
                     session.id = std::string(16, 's');
                     session.user = user.id;
                     session.expires_at = now + std::chrono::hours(1);
                     tables::insert_session(tx, session);
                     tables::Factors factors;
                     factors.user = user.id;
                     factors.totp = i.master_key.seal("secret", totp_context(user.id), i.random);
                     tables::factors.put(tx, tables::big_endian(user.id.value), factors);
                     tables::Mail mail;
                     mail.id = std::string(16, 'm');
                     mail.due_at = now;
                     tables::insert_mail(tx, mail);
                     tables::Identity identity;
                     identity.provider = "google";
                     identity.subject = "123";
                     identity.user = user.id;
                     tables::put_identity(tx, identity);
                     tables::OneTimeToken token;
                     token.id = std::string(32, 't');
                     token.user = user.id;
                     token.expires_at = now + std::chrono::hours(1);
                     tables::one_time_tokens.insert(tx, token);
                     tables::Client client;
                     client.id = "wiki";
                     client.logo_version = "v";
                     tables::clients.put(tx, client);
                     tables::Avatar logo;
                     logo.version = client.logo_version;
                     tables::client_logos.put(tx, client.id, logo);
                     tables::Grant grant;
                     grant.id = std::string(16, 'g');
                     grant.user = user.id;
                     grant.expires_at = now + std::chrono::hours(1);
                     tables::grants.insert(tx, grant);
                     return {};
                   })
                   .has_value());
    test::must(i.store
                   .write([&](store::WriteTxn& tx) -> Result<void> {
                     tables::DeviceGrant device;
                     device.id = std::string(32, 'd');
                     device.user_code = "BCDFGHJK";
                     device.expires_at = i.clock.now() + std::chrono::hours(1);
                     tables::device_grants.insert(tx, device);
                     tables::LogoutDelivery delivery;
                     delivery.id = std::string(16, 'l');
                     delivery.due_at = i.clock.now();
                     delivery.expires_at = i.clock.now() + std::chrono::hours(1);
                     tables::logout_deliveries.insert(tx, delivery);
                     tables::Webhook webhook;
                     webhook.id = std::string(8, 'w');
                     tables::webhooks.put(tx, webhook);
                     tables::webhook_cursors.put(tx, kWebhookCursor, {"", {webhook.id}, 0, {}, {}});
                     tables::WebhookDelivery event;
                     event.id = std::string(16, 'w');
                     event.due_at = i.clock.now();
                     tables::webhook_deliveries.insert(tx, event);
                     return {};
                   })
                   .has_value());
    test::must(audit_alone(i.services, Origin{}, {"login", UserId{1}}).has_value() &&
               audit_alone(i.services, Origin{}, {"logout", UserId{1}}).has_value());
  }

  std::vector<std::string> findings() {
    const auto report = check_store(i.services);
    REQUIRE(report);
    return report->findings;
  }

  // The store after `damage`, checked.
  std::vector<std::string> after(const std::function<void(store::WriteTxn&)>& damage) {
    REQUIRE(i.store.write([&](store::WriteTxn& tx) -> Result<void> {
      damage(tx);
      return {};
    }));
    return findings();
  }

  Instance i;
};

std::string first_key(store::Store& store, char prefix) {
  std::string found;
  const auto read = store.read([&](store::ReadTxn& tx) -> Result<void> {
    found.clear();
    const std::string first(1, prefix);
    tx.scan(first, tables::end_of_prefix(first), [&](std::string_view key, std::string_view) {
      found = key;
      return false;
    });
    return {};
  });
  REQUIRE(read);
  REQUIRE_FALSE(found.empty());
  return found;
}

TEST_CASE("a store that only its own code wrote has no findings") {
  Full full;
  CHECK(full.findings() == std::vector<std::string>{});
}

TEST_CASE("a row that is taken away from any table is found") {
  // Tables whose rows stand alone: nothing else knows that one was there.
  const std::string alone = "wIBjpylFhKENUDOTQ235678";
  Full probe;
  std::string prefixes;
  for (const tables::TableInfo& table : tables::all_tables())
    prefixes += table.prefix;
  size_t tried = 0;
  for (const char prefix : prefixes) {
    if (alone.find(prefix) != std::string::npos) continue;
    Full full;
    CAPTURE(std::string(1, prefix));
    // The counter of users stands first among the numbers only by name; take that one.
    const std::string key = prefix == 'm' ? "muser_id" : first_key(full.i.store, prefix);
    const auto findings = full.after([&](store::WriteTxn& tx) { tx.del(key); });
    // Without the server's secret a MAC cannot be checked at all; here the opened one is in memory.
    if (prefix == 'z') continue;
    CHECK_FALSE(findings.empty());
    tried += 1;
  }
  CHECK(tried >= 15);
}

TEST_CASE("a row that is not of its table, and one of no table, are found") {
  for (const tables::TableInfo& table : tables::all_tables()) {
    Full full;
    CAPTURE(table.name);
    const std::string key = std::string(1, table.prefix) + std::string(16, '\x7f');
    CHECK_FALSE(full.after([&](store::WriteTxn& tx) { tx.put(key, "\x02"); }).empty());
  }
  Full full;
  CHECK_FALSE(full.after([](store::WriteTxn& tx) { tx.put("\x01?", "\x01"); }).empty());
}

TEST_CASE("what an older release leaves behind of a client or user that it deletes is found") {
  Full full;
  const auto findings = full.after([](store::WriteTxn& tx) {
    tables::clients.del(tx, "wiki");
    tables::user_attributes.put(tx, {UserId{77}, {}, {}});
  });
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].find("row 77 of user_attributes") != std::string::npos);
  CHECK(findings[1].find("the client wiki, which is gone") != std::string::npos);
}

TEST_CASE("a sealed value that does not open is found") {
  Full full;
  const auto findings = full.after([&](store::WriteTxn& tx) {
    tables::Factors factors = *tables::factors.find(tx, tables::big_endian(1));
    factors.totp = full.i.master_key.seal("secret", "another place", full.i.random);
    tables::factors.put(tx, tables::big_endian(1), factors);
  });
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].find("TOTP secret of user 1") != std::string::npos);
}

TEST_CASE("an altered audit entry is found") {
  Full full;
  const std::string key = first_key(full.i.store, 'a').substr(1);
  uint64_t number = 0;
  const auto findings = full.after([&](store::WriteTxn& tx) {
    tables::AuditEntry entry = *tables::audit_entries.find(tx, key);
    number = entry.number;
    entry.action = "nothing";
    tables::audit_entries.put(tx, key, entry);
  });
  CHECK(findings ==
        std::vector<std::string>{"audit log: entry " + std::to_string(number) + " was altered"});
}

}  // namespace
}  // namespace authd::auth
