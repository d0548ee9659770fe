#include "auth/check.h"

#include "auth/api_keys.h"
#include "auth/keyring.h"
#include "tables/expiry.h"
#include "tables/identities.h"
#include "tables/roles.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

class Checker {
 public:
  Checker(store::ReadTxn& tx, CheckReport& report) : tx_(tx), report_(report) {}

  void run() {
    check_rows();
    guarded([&] { check_users(); });
    guarded([&] { check_names(tables::usernames, &tables::User::username); });
    guarded([&] { check_names(tables::emails, &tables::User::email); });
    guarded([&] { check_phones(); });
    guarded([&] { check_avatars(); });
    guarded([&] { check_roles(); });
    guarded([&] { check_sessions(); });
    guarded([&] { check_identities(); });
    guarded([&] { check_api_keys(); });
    guarded([&] { check_expiries(); });
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

  void check_users() {
    tables::users.scan(tx_, "", "", [&](std::string_view key, const tables::User& user) {
      if (tables::from_big_endian(key) != user.id.value) {
        find("user " + std::to_string(user.id.value) + " lies under another id");
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
    tables::roles.scan(tx_, "", "", [&](std::string_view, const tables::Role& role) {
      const auto found = tables::find_role_by_name(tx_, role.name);
      if (!found || found->id != role.id) find("role " + role.name + " is not in role_names");
      return true;
    });
  }

  void check_sessions() {
    tables::sessions.scan(tx_, "", "", [&](std::string_view key, const tables::Session& session) {
      const std::string index_key = tables::big_endian(session.user.value) + std::string(key);
      if (session.id != key || !tables::user_sessions.find(tx_, index_key)) {
        find("a session of user " + std::to_string(session.user.value) +
             " is not in user_sessions");
      }
      unexpired_ += 1;
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
      keys_ += 1;
      return true;
    });
  }

  // Every session and API key is swept one day: it has an entry, which may be early.
  void check_expiries() {
    uint64_t with_session = 0;
    uint64_t with_key = 0;
    tables::expiries.scan(tx_, "", "", [&](std::string_view key, const tables::Mark&) {
      const bool is_session = key.size() > 9 && key[8] == tables::sessions.prefix();
      if (is_session && tables::find_session(tx_, key.substr(9))) with_session += 1;
      const bool is_key = key.size() > 9 && key[8] == tables::api_keys.prefix();
      if (is_key && tables::api_keys.find(tx_, key.substr(9))) with_key += 1;
      return true;
    });
    if (with_session != unexpired_) {
      find(std::to_string(unexpired_) + " sessions have " + std::to_string(with_session) +
           " expiry entries");
    }
    if (with_key != keys_) {
      find(std::to_string(keys_) + " API keys have " + std::to_string(with_key) +
           " expiry entries");
    }
  }

  store::ReadTxn& tx_;
  CheckReport& report_;
  uint64_t unexpired_ = 0;
  uint64_t keys_ = 0;
};

}  // namespace

Result<CheckReport> check_store(const Services& s) {
  CheckReport report;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    report = CheckReport{};
    Checker(tx, report).run();
    return {};
  }));
  // Opens every signing key; the refresh key was opened at the start.
  if (const auto keys = current_keys(s); !keys) report.findings.push_back(keys.error().message);
  return report;
}

}  // namespace authd::auth
