// Where logins come from: if all come from one address, it is a proxy's.
#include <set>

#include "auth/core/audit/audit.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

constexpr size_t kEntries = 500;  // of the audit log to examine
constexpr size_t kManyUsers = 5;

struct Origins {
  std::set<std::string> addresses;
  std::set<uint64_t> users;
  size_t logins = 0;
};

}  // namespace

void check_clients(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return report.skip("the database does not open");
  const Result<Origins> found = patient.store->read([](store::ReadTxn& tx) -> Result<Origins> {
    Origins origins;
    auth::look_back(tx, 0, kEntries, [&](const tables::AuditEntry& entry) {
      if (entry.action != "login" || entry.address.empty()) return true;
      origins.logins += 1;
      origins.addresses.insert(entry.address);
      if (entry.subject) origins.users.insert(entry.subject->value);
      return true;
    });
    return origins;
  });
  if (!found) return report.skip("the audit log cannot be read");
  if (found->addresses.size() == 1 && found->users.size() >= kManyUsers) {
    return report.warn(
        "the last " + std::to_string(found->logins) + " logins, of " +
            std::to_string(found->users.size()) + " users, all came from " +
            *found->addresses.begin() + ": limits by address count them as one client",
        "if that is a proxy, list it in server.trusted_proxies and let it send X-Forwarded-For");
  }
  report.ok("the last " + std::to_string(found->logins) + " logins came from " +
            std::to_string(found->addresses.size()) +
            (found->addresses.size() == 1 ? " address" : " addresses"));
}

}  // namespace authd::server::doctor
