#include "auth/upkeep/check.h"

#include <algorithm>
#include <map>

#include "auth/accounts/factors/stored_factors.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/accounts/profile/attributes.h"
#include "auth/core/logout_notices.h"
#include "auth/core/ways.h"
#include "auth/sessions/keyring.h"
#include "auth/upkeep/audit_verify.h"
#include "auth/upkeep/sealed_rows.h"
#include "auth/webhooks/webhooks.h"
#include "tables/relations.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// Ends any scan with a Fault once the check must stop.
class StoppedTxn final : public store::ReadTxn {
 public:
  StoppedTxn(store::ReadTxn& below, const Stopping& stopping)
      : below_(below), stopping_(stopping) {}

  std::optional<std::string> get(std::string_view key) override { return below_.get(key); }
  void scan(std::string_view first, std::string_view last, Visit visit) override {
    below_.scan(first, last, [&](std::string_view key, std::string_view value) {
      return goes_on() && visit(key, value);
    });
  }
  void scan_back(std::string_view first, std::string_view last, Visit visit) override {
    below_.scan_back(first, last, [&](std::string_view key, std::string_view value) {
      return goes_on() && visit(key, value);
    });
  }

 private:
  bool goes_on() const {
    if (is_asked(stopping_)) throw store::Fault(store::FaultKind::io, given_up().message);
    return true;
  }

  store::ReadTxn& below_;
  const Stopping& stopping_;
};

class Checker {
 public:
  Checker(const Services& s, store::ReadTxn& tx, CheckReport& report)
      : s_(s), tx_(tx), report_(report) {}

  void run() {
    guarded([&] { check_rows(); });
    tables::check_relations(tx_, [&](std::string finding) { find(std::move(finding)); });
    guarded([&] { check_users(); });
    guarded([&] { check_logos(); });
    guarded([&] { check_receivers(); });
    guarded([&] { check_attributes(); });
    guarded([&] { check_roles(); });
    guarded([&] { check_sessions(); });
    guarded([&] { check_webhooks(); });
    guarded([&] { check_ways(); });
    guarded([&] { check_keyring(); });
    guarded([&] { check_sealed(); });
  }

 private:
  // A row that cannot be read ends one check, not the rest.
  void guarded(FunctionRef<void()> check) {
    try {
      check();
    } catch (const store::Fault& fault) {
      find(fault.what());
    }
  }

  void find(std::string finding) {
    if (report_.findings.size() < kMaxFindings) report_.findings.push_back(std::move(finding));
  }

  void check_rows() {
    tx_.scan("", "", [&](std::string_view key, std::string_view value) {
      report_.rows += 1;
      const tables::TableInfo* table = tables::find_table(key[0]);
      if (table == nullptr) {
        find("a row belongs to no table (prefix " + std::to_string(key[0]) + ")");
        return true;
      }
      try {
        JsonWriter ignored;
        table->dump(ignored, value);
      } catch (const store::Fault&) {
        find(std::string("a row of ") + table->name + " cannot be read");
      }
      return true;
    });
  }

  bool has_app(const tables::User& user) {
    const auto factors = find_live_factors(tx_, user);
    return factors && !factors->totp.empty();
  }

  // No epoch is later than the user's, and ended rows are marked for erasure.
  void check_epoch(const tables::User& user, Way way, uint64_t epoch, const std::string& what) {
    const uint64_t current = epoch_of(user, way);
    if (epoch > current) {
      find(what + " of user " + std::to_string(user.id.value) +
           " is from a later epoch than the user");
    } else if (epoch < current &&
               !tables::ended_ways.find(tx_, tables::big_endian(user.id.value))) {
      find(what + " of user " + std::to_string(user.id.value) +
           " was ended, but nothing will erase it");
    }
  }

  // An id is never reused, so its counter is at least the highest id.
  void check_counter(std::string_view name, uint64_t last) {
    const uint64_t counter = tables::numbers.find(tx_, name).value_or(tables::Number{}).value;
    if (counter < last) {
      find("the counter " + std::string(name) + " is at " + std::to_string(counter) +
           ", but the id " + std::to_string(last) + " is in use");
    }
  }

  void check_users() {
    uint64_t last = 0;
    tables::users.scan(tx_, "", "", [&](std::string_view, const tables::User& user) {
      last = std::max(last, user.id.value);
      if (user.mfa_enabled != has_app(user)) {
        find("user " + std::to_string(user.id.value) +
             (user.mfa_enabled ? " requires a second factor but has none"
                               : " has a second factor that logins do not ask for"));
      }
      check_passkeys_of(user);
      const auto avatar = tables::avatars.find(tx_, tables::big_endian(user.id.value));
      if ((avatar ? avatar->version : "") != user.avatar_version) {
        find("user " + std::to_string(user.id.value) +
             " has an avatar version that differs from the one in avatars");
      }
      for (const uint64_t role : user.role_ids) {
        if (!tables::find_role(tx_, RoleId{role})) {
          find("user " + std::to_string(user.id.value) + " has a role that does not exist");
        }
      }
      return true;
    });
    check_counter("user_id", last);
  }

  void check_passkeys_of(const tables::User& user) {
    uint64_t passkeys = 0;
    uint64_t security_keys = 0;
    for (const tables::Passkey& passkey : live_passkeys_of(tx_, user))
      (is_whole_login(passkey) ? passkeys : security_keys) += 1;
    if (passkeys == user.passkeys && security_keys == user.security_keys) return;
    find("user " + std::to_string(user.id.value) + " has " + std::to_string(passkeys) +
         " passkeys and " + std::to_string(security_keys) + " security keys, but counts " +
         std::to_string(user.passkeys) + " and " + std::to_string(user.security_keys));
  }

  void check_logos() {
    tables::clients.scan(tx_, "", "", [&](std::string_view, const tables::Client& client) {
      const auto logo = tables::client_logos.find(tx_, client.id);
      if ((logo ? logo->version : "") != client.logo_version) {
        find("client " + client.id +
             " has a logo version that differs from the one in client_logos");
      }
      return true;
    });
    tables::client_logos.scan(tx_, "", "", [&](std::string_view id, const tables::Avatar&) {
      if (!tx_.look(tables::clients.full_key(id), [](std::string_view) {})) {
        find("a row of client_logos belongs to the client " + std::string(id) + ", which is gone");
      }
      return true;
    });
  }

  void check_attributes() {
    tables::user_attributes.scan(
        tx_, "", "", [&](std::string_view, const tables::UserAttributes& row) {
          if (!are_readable(row)) {
            find("user " + std::to_string(row.user.value) + " has attributes that cannot be read");
          }
          return true;
        });
  }

  void check_roles() {
    uint64_t last = 0;
    tables::roles.scan(tx_, "", "", [&](std::string_view, const tables::Role& role) {
      last = std::max(last, role.id.value);
      return true;
    });
    check_counter("role_id", last);
  }

  // Without the note nobody would be told of a sign-out (auth/core/logout_notices.h).
  void check_receivers() {
    tables::clients.scan(tx_, "", "", [&](std::string_view, const tables::Client& client) {
      if (client.backchannel_logout_uri.empty() || has_receivers(tx_)) return true;
      find("client " + client.id + " is to be told of sign-outs, but no row records that");
      return false;
    });
  }

  // Whether the list of endpoints has each of them, and no other.
  void check_webhooks() {
    const tables::WebhookCursor cursor =
        tables::webhook_cursors.find(tx_, kWebhookCursor).value_or(tables::WebhookCursor{});
    for (const std::string& id : cursor.endpoints) {
      if (tables::webhooks.find(tx_, id)) continue;
      find("the endpoint " + webhook_text(id) + " is listed, but has no row");
    }
    tables::webhooks.scan(tx_, "", "", [&](std::string_view id, const tables::Webhook&) {
      const auto& all = cursor.endpoints;
      if (std::find(all.begin(), all.end(), id) == all.end()) {
        find("the endpoint " + webhook_text(id) + " is not listed, so it is told of nothing");
      }
      return true;
    });
  }

  void check_sessions() {
    tables::sessions.scan(tx_, "", "", [&](std::string_view, const tables::Session& session) {
      const auto user = tables::find_user(tx_, session.user);
      if (user && session.epoch > user->session_epoch) {
        find("a session of user " + std::to_string(session.user.value) +
             " is from a later epoch than the user");
      }
      return true;
    });
  }

  // Checks a table whose rows an epoch can end.
  template <typename T>
  void check_epochs(const T& table, Way way, const std::string& what) {
    table.scan(tx_, "", "", [&](std::string_view, const typename T::RowType& row) {
      if (const auto user = tables::find_user(tx_, row.user))
        check_epoch(*user, way, row.way_epoch, what);
      return true;
    });
  }

  void check_ways() {
    check_epochs(tables::api_keys, Way::api_key, "an API key");
    check_epochs(tables::identities, Way::identity, "an identity");
    check_epochs(tables::factors, Way::factor, "a second factor");
    tables::passkeys.scan(tx_, "", "", [&](std::string_view, const tables::Passkey& passkey) {
      if (const auto user = tables::find_user(tx_, passkey.user))
        check_epoch(*user, way_of(passkey), passkey.way_epoch, "a passkey");
      return true;
    });
  }

  // Of each algorithm, one key signs and one is published as the next one, and the ring lists them
  // all.
  void check_keyring() {
    const tables::Keyring ring = tables::keyrings.find(tx_, "current").value_or(tables::Keyring{});
    struct Count {
      size_t active = 0;
      size_t next = 0;
    };
    std::map<std::string, Count> counts;  // by algorithm
    for (const std::string& kid : ring.kids) {
      const auto key = tables::signing_keys.find(tx_, kid);
      if (!key) find("the keyring names the key " + kid + ", which does not exist");
      if (key && key->state == tables::KeyState::active) counts[key->algorithm].active += 1;
      if (key && key->state == tables::KeyState::next) counts[key->algorithm].next += 1;
    }
    if (counts.empty()) find("the keyring has no active key");
    for (const auto& [algorithm, count] : counts) {
      if (count.active == 1 && count.next == 1) continue;
      find("the keyring does not have exactly one active and one next key for " + algorithm);
    }
    tables::signing_keys.scan(
        tx_, "", "", [&](std::string_view key, const tables::SigningKeyRow& row) {
          if (key != row.kid || std::count(ring.kids.begin(), ring.kids.end(), row.kid) != 1) {
            find("the key " + row.kid + " is not in the keyring");
          }
          return true;
        });
  }

  void check_opens(const std::string& sealed, const std::string& context, const std::string& what) {
    const std::string id = crypto::MasterKey::id_of(sealed);
    report_.sealed[id] += 1;
    std::optional<std::string> opened = s_.master_key.open(sealed, context);
    if (opened) {
      wipe(*opened);
    } else if (id.empty() || s_.master_key.holds(id)) {
      find(what + " does not open under the master key");
    } else {
      find(what + " is sealed with the master key " + id + ", which " +
           s_.config.secrets.master_key_file + " does not hold");
    }
  }

  void check_sealed() {
    for_each_sealed_table([&]<typename T>(const T& table) {
      table.scan(tx_, "", "", [&](std::string_view, const typename T::RowType& row) {
        visit_sealed(row, [&](const std::string& sealed, const std::string& context,
                              const std::string& what) { check_opens(sealed, context, what); });
        return true;
      });
    });
  }

  const Services& s_;
  store::ReadTxn& tx_;
  CheckReport& report_;
};
}  // namespace

Result<CheckReport> check_store(const Services& s, const Stopping& stopping) {
  CheckReport report;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    report = CheckReport{};
    StoppedTxn stopped(tx, stopping);
    Checker(s, stopped, report).run();
    if (is_asked(stopping)) return given_up();
    return {};
  }));
  // This opens every signing key.
  if (const auto keys = current_keys(s); !keys) report.findings.push_back(keys.error().message);
  const AuditVerdict audit = TRY(verify_audit(
      s, [](uint64_t, uint64_t) {}, stopping));
  if (!audit.problem.empty()) report.findings.push_back("audit log: " + audit.problem);
  return report;
}

}  // namespace authd::auth
