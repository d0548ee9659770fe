#include "auth/upkeep/check.h"

#include <algorithm>

#include "auth/accounts/api_keys.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/audit.h"
#include "auth/core/ways.h"
#include "auth/sessions/keyring.h"
#include "auth/upkeep/check_expiries.h"
#include "auth/upkeep/sealed_rows.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// Ends whatever scans by a Fault once it is to be given up.
class StoppedTxn final : public store::ReadTxn {
 public:
  StoppedTxn(store::ReadTxn& below, const Stopping& stopping)
      : below_(below), stopping_(stopping) {}

  std::optional<std::string> get(std::string_view key) override { return below_.get(key); }
  void scan(std::string_view first, std::string_view last, Visit visit) override {
    below_.scan(first, last, [&](std::string_view key, std::string_view value) {
      if (is_asked(stopping_)) throw store::Fault(store::FaultKind::io, given_up().message);
      return visit(key, value);
    });
  }

 private:
  store::ReadTxn& below_;
  const Stopping& stopping_;
};

class Checker {
 public:
  Checker(const Services& s, store::ReadTxn& tx, CheckReport& report)
      : s_(s), tx_(tx), report_(report) {}

  void run() {
    guarded([&] { check_rows(); });
    guarded([&] { check_users(); });
    guarded([&] { check_names(tables::usernames, &tables::User::username); });
    guarded([&] { check_names(tables::emails, &tables::User::email); });
    guarded([&] { check_phones(); });
    guarded([&] { check_avatars(); });
    guarded([&] { check_roles(); });
    guarded([&] { check_sessions(); });
    guarded([&] { check_identities(); });
    guarded([&] { check_api_keys(); });
    guarded([&] { check_keyring(); });
    guarded([&] { check_factors(); });
    guarded([&] { check_outbox(); });
    guarded([&] { check_sealed(); });
    guarded([&] { check_expiries(tx_, [&](std::string finding) { find(std::move(finding)); }); });
  }

 private:
  // A row that cannot be read ends one check, not all of them.
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

  void check_entry(const tables::Table<tables::Reference>& index, const std::string& name,
                   UserId id) {
    if (name.empty()) return;
    const auto entry = index.find(tx_, tables::fold(name));
    if (!entry || entry->id != id.value) {
      find("user " + std::to_string(id.value) + " is not in " + index.name());
    }
  }

  bool has_factor(const tables::User& user) {
    const auto factors = find_live_factors(tx_, user);
    return factors && !factors->totp.empty();
  }

  // What an epoch has ended is to be erased, and none is of an epoch that has not come.
  void check_epoch(const tables::User& user, Way way, uint64_t epoch, const std::string& what) {
    const uint64_t current = epoch_of(user, way);
    if (epoch > current) {
      find(what + " of user " + std::to_string(user.id.value) + " is of a later epoch");
    } else if (epoch < current &&
               !tables::ended_ways.find(tx_, tables::big_endian(user.id.value))) {
      find(what + " of user " + std::to_string(user.id.value) +
           " was ended, and nothing will erase it");
    }
  }

  // An id that was given is never given again, so the counter is as high as the highest.
  void check_counter(std::string_view name, uint64_t last) {
    const uint64_t counter = tables::numbers.find(tx_, name).value_or(tables::Number{}).value;
    if (counter < last) {
      find("the counter " + std::string(name) + " is at " + std::to_string(counter) +
           ", and the id " + std::to_string(last) + " is in use");
    }
  }

  void check_users() {
    uint64_t last = 0;
    tables::users.scan(tx_, "", "", [&](std::string_view key, const tables::User& user) {
      if (tables::from_big_endian(key) != user.id.value) {
        find("user " + std::to_string(user.id.value) + " lies under another id");
      }
      last = std::max(last, user.id.value);
      if (user.mfa_enabled != has_factor(user)) {
        find("user " + std::to_string(user.id.value) +
             (user.mfa_enabled ? " has no second factor and needs one"
                               : " has a second factor that is not asked for"));
      }
      check_entry(tables::usernames, user.username, user.id);
      check_entry(tables::emails, user.email, user.id);
      // A number from before there was the index may belong to somebody else there.
      const std::string phone = tables::phone_key(user.phone_number);
      if (!phone.empty() && !tables::phones.find(tx_, phone)) {
        find("user " + std::to_string(user.id.value) + " is not in phones");
      }
      const auto avatar = tables::avatars.find(tx_, tables::big_endian(user.id.value));
      if ((avatar ? avatar->version : "") != user.avatar_version) {
        find("user " + std::to_string(user.id.value) +
             " has another avatar than the one in avatars");
      }
      for (const uint64_t role : user.role_ids) {
        if (!tables::find_role(tx_, RoleId{role})) {
          find("user " + std::to_string(user.id.value) + " has a role that is gone");
        }
      }
      return true;
    });
    check_counter("user_id", last);
  }

  void check_names(const tables::Table<tables::Reference>& index,
                   std::string tables::User::*member) {
    index.scan(tx_, "", "", [&](std::string_view key, const tables::Reference& entry) {
      const auto user = tables::find_user(tx_, UserId{entry.id});
      if (!user || tables::fold((*user).*member) != key) {
        find(std::string("an entry of ") + index.name() + " names user " +
             std::to_string(entry.id) + ", who has another name or is gone");
      }
      return true;
    });
  }

  void check_phones() {
    tables::phones.scan(tx_, "", "", [&](std::string_view key, const tables::Reference& entry) {
      const auto user = tables::find_user(tx_, UserId{entry.id});
      if (!user || tables::phone_key(user->phone_number) != key) {
        find("an entry of phones names user " + std::to_string(entry.id) +
             ", who has another number or is gone");
      }
      return true;
    });
  }

  void check_avatars() {
    tables::avatars.scan(tx_, "", "", [&](std::string_view key, const tables::Avatar&) {
      const uint64_t user = tables::from_big_endian(key);
      if (!tables::find_user(tx_, UserId{user})) {
        find("an avatar belongs to user " + std::to_string(user) + ", who is gone");
      }
      return true;
    });
  }

  void check_roles() {
    uint64_t last = 0;
    tables::roles.scan(tx_, "", "", [&](std::string_view key, const tables::Role& role) {
      const auto found = tables::find_role_by_name(tx_, role.name);
      if (!found || found->id != role.id || tables::from_big_endian(key) != role.id.value) {
        find("role " + role.name + " is not in role_names");
      }
      last = std::max(last, role.id.value);
      return true;
    });
    check_counter("role_id", last);
    tables::role_names.scan(tx_, "", "", [&](std::string_view key, const tables::Reference& entry) {
      const auto role = tables::find_role(tx_, RoleId{entry.id});
      if (!role || role->name != key) {
        find("an entry of role_names names role " + std::to_string(entry.id) +
             ", which has another name or is gone");
      }
      return true;
    });
  }

  // The sessions of a user who is gone stay until they expire; they are good for nothing.
  void check_sessions() {
    tables::sessions.scan(tx_, "", "", [&](std::string_view key, const tables::Session& session) {
      const std::string index_key = tables::big_endian(session.user.value) + std::string(key);
      if (session.id != key || !tables::user_sessions.find(tx_, index_key)) {
        find("a session of user " + std::to_string(session.user.value) +
             " is not in user_sessions");
      }
      const auto user = tables::find_user(tx_, session.user);
      if (user && session.epoch > user->session_epoch) {
        find("a session of user " + std::to_string(session.user.value) + " is of a later epoch");
      }
      return true;
    });
    tables::user_sessions.scan(tx_, "", "", [&](std::string_view key, const tables::Mark&) {
      if (key.size() <= 8 || !tables::find_session(tx_, key.substr(8))) {
        find("an entry of user_sessions names a session that is gone");
      }
      return true;
    });
  }

  void check_identities() {
    tables::identities.scan(tx_, "", "", [&](std::string_view, const tables::Identity& identity) {
      const auto indexed = tables::find_identity_of(tx_, identity.user, identity.provider);
      if (!indexed || indexed->subject != identity.subject) {
        find("an identity of user " + std::to_string(identity.user.value) +
             " is not in user_identities");
      }
      const auto user = tables::find_user(tx_, identity.user);
      if (!user) {
        find("an identity belongs to user " + std::to_string(identity.user.value) +
             ", who is gone");
      } else {
        check_epoch(*user, Way::identity, identity.way_epoch, "an identity");
      }
      return true;
    });
    tables::user_identities.scan(
        tx_, "", "", [&](std::string_view key, const tables::IdentityKey& entry) {
          const uint64_t user = tables::from_big_endian(key);
          const auto identity = tables::find_identity(tx_, key.substr(8), entry.subject);
          if (!identity || identity->user.value != user) {
            find("an entry of user_identities names an identity that user " + std::to_string(user) +
                 " does not have");
          }
          return true;
        });
  }

  void check_api_keys() {
    tables::api_keys.scan(tx_, "", "", [&](std::string_view key, const tables::ApiKey& row) {
      if (api_key_row(row.user, row.number) != key) {
        find("an API key of user " + std::to_string(row.user.value) + " lies under another key");
      }
      // The keys of a user who is gone stay until they expire; they are good for nothing.
      const auto user = tables::find_user(tx_, row.user);
      if (user) check_epoch(*user, Way::api_key, row.way_epoch, "an API key");
      return true;
    });
  }

  // One key signs, one is published to be the next, and the ring has all of them.
  void check_keyring() {
    const tables::Keyring ring = tables::keyrings.find(tx_, "current").value_or(tables::Keyring{});
    size_t active = 0;
    size_t next = 0;
    for (const std::string& kid : ring.kids) {
      const auto key = tables::signing_keys.find(tx_, kid);
      if (!key) find("the keyring names the key " + kid + ", which is gone");
      if (key && key->state == tables::KeyState::active) active += 1;
      if (key && key->state == tables::KeyState::next) next += 1;
    }
    if (active != 1 || next != 1) find("the keyring has not one active and one next key");
    tables::signing_keys.scan(
        tx_, "", "", [&](std::string_view key, const tables::SigningKeyRow& row) {
          if (key != row.kid || std::count(ring.kids.begin(), ring.kids.end(), row.kid) != 1) {
            find("the key " + row.kid + " is not in the keyring");
          }
          return true;
        });
  }

  void check_factors() {
    tables::factors.scan(tx_, "", "", [&](std::string_view key, const tables::Factors& factors) {
      const auto user = tables::find_user(tx_, factors.user);
      if (tables::from_big_endian(key) != factors.user.value || !user) {
        find("second factors belong to user " + std::to_string(factors.user.value) +
             ", who is gone");
      } else {
        check_epoch(*user, Way::factor, factors.way_epoch, "a second factor");
      }
      return true;
    });
  }

  // A dead mail is not due, every other one is, once.
  void check_outbox() {
    uint64_t alive = 0;
    uint64_t due = 0;
    tables::outbox.scan(tx_, "", "", [&](std::string_view key, const tables::Mail& mail) {
      if (key != mail.id) find("a mail lies under another id");
      if (!mail.dead) alive += 1;
      return true;
    });
    tables::mail_due.scan(tx_, "", "", [&](std::string_view key, const tables::Mark&) {
      const auto mail = key.size() > 8 ? tables::find_mail(tx_, key.substr(8)) : std::nullopt;
      const auto when = static_cast<int64_t>(tables::from_big_endian(key));
      if (!mail || mail->dead || mail->due_at.time_since_epoch().count() != when) {
        find("an entry of mail_due names a mail that is gone or not due then");
      }
      due += 1;
      return true;
    });
    if (alive != due) {
      find(std::to_string(alive) + " mails wait, and " + std::to_string(due) + " are in mail_due");
    }
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
    for_each_sealed_table([&]<typename Row>(const tables::Table<Row>& table) {
      table.scan(tx_, "", "", [&](std::string_view, const Row& row) {
        visit_sealed(row, [&](const std::string& sealed, const std::string& context,
                              const std::string& what) { check_opens(sealed, context, what); });
        return true;
      });
    });
    tables::server_secrets.scan(tx_, "", "",
                                [&](std::string_view key, const tables::ServerSecret& row) {
                                  if (key != row.name)
                                    find("a server secret lies under another name");
                                  return true;
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
  // Opens every signing key.
  if (const auto keys = current_keys(s); !keys) report.findings.push_back(keys.error().message);
  const AuditVerdict audit = TRY(verify_audit(
      s, [](uint64_t, uint64_t) {}, stopping));
  if (!audit.problem.empty()) report.findings.push_back("audit log: " + audit.problem);
  return report;
}

}  // namespace authd::auth
