// The database: whether this release can open it with this master key; and the server that uses it.
#include <unistd.h>

#include <array>

#include "auth/sessions/bootstrap.h"
#include "auth/sessions/token_names.h"
#include "server/data/store_options.h"
#include "server/doctor/checks.h"
#include "tables/migrations.h"

namespace authd::server::doctor {
namespace {

void check_schema(const Patient& patient, Report& report) {
  const Result<uint64_t> version = tables::schema_version(*patient.store);
  if (!version) {
    report.fail("the database cannot be read: " + version.error().message, "authd db check");
    return;
  }
  const std::string both = "the data has schema " + std::to_string(*version) +
                           ", this release writes " + std::to_string(tables::kSchemaVersion);
  if (*version > tables::kSchemaVersion) {
    report.fail(both, "use the newer release, or go back to the snapshot (authd db rollback)");
  } else if (*version < tables::kSchemaVersion && is_shared(patient.config())) {
    report.warn(both + ": the first start of this release upgrades it, after a snapshot",
                "stop the servers of all hosts before; try it on a copy: authd db upgrade "
                "--dry-run");
  } else if (*version < tables::kSchemaVersion) {
    report.warn(both + ": the next start upgrades it, after a snapshot",
                "try it on a copy before: authd db upgrade --dry-run");
  }
}

void check_master_key(const Patient& patient, Report& report) {
  if (patient.master_key == nullptr) return;  // check_files() reports it.
  const Result<bool> is_right = auth::opens(*patient.store, *patient.master_key);
  if (is_right && *is_right) return;
  report.fail(
      "the master key " + patient.config().secrets.master_key_file + " does not open this data",
      "restore the one that the data was created with, or name it in secrets.master_key_file");
}

// The current executable of the process; empty if it is hidden from us.
std::string executable_of(int pid) {
  std::array<char, 4096> path{};
  const ssize_t size =
      readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<size_t>(size)) : "";
}

void check_server(const Patient& patient, Report& report) {
  if (!patient.server) {
    report.skip("no server runs on this data directory: only the data itself was checked");
    return;
  }
  const std::string process = "the server (process " + std::to_string(*patient.server) + ")";
  // Of several hosts, check_cluster() compares the versions.
  const Result<std::string> version = is_shared(patient.config())
                                          ? Result<std::string>(AUTHD_VERSION)
                                          : auth::recorded_server_version(*patient.store);
  const bool is_replaced = executable_of(*patient.server).ends_with(" (deleted)");
  if (version && !version->empty() && *version != AUTHD_VERSION) {
    report.warn(
        process + " runs version " + *version + "; this command is version " + AUTHD_VERSION,
        "restart the server, or use the command of its release");
  } else if (is_replaced) {
    report.warn("the executable of " + process + " was replaced since it started",
                "restart the server");
  } else {
    report.ok(process + " runs this command's version, " AUTHD_VERSION);
  }
}

}  // namespace

void check_data(const Patient& patient, Report& report) {
  if (patient.store == nullptr) {
    report.fail(
        "the database does not open: " + patient.store_problem,
        is_shared(patient.config())
            ? "see what the check cluster says, and run this as the server's user or as root"
            : "check that the directory is the server's, and run this as its user or as "
              "root");
    return;
  }
  check_schema(patient, report);
  check_master_key(patient, report);
  check_server(patient, report);
}

}  // namespace authd::server::doctor
