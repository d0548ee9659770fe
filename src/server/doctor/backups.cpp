// The server's scheduled backups, and what upgrades left behind.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "server/doctor/checks.h"
#include "tables/schema.h"

namespace authd::server::doctor {
namespace {

namespace fs = std::filesystem;

void check_place(const config::Config& config, Report& report) {
  const std::string& place = config.backup.directory;
  struct stat of_place;
  struct stat of_data;
  if (stat(place.c_str(), &of_place) != 0 || !S_ISDIR(of_place.st_mode)) {
    return report.fail("backup.directory " + place + " is not a directory",
                       "create it, for the user that runs the server");
  }
  if (access(place.c_str(), W_OK | X_OK) != 0) {
    return report.fail("backup.directory " + place + " cannot be written by this user",
                       "give it to the user that runs the server");
  }
  if (stat(config.server.data_dir.c_str(), &of_data) == 0 && of_data.st_dev == of_place.st_dev) {
    report.warn("backups are on the same disk as the data: " + place,
                "name another disk in backup.directory, or copy them away");
  }
}

void check_last(const Patient& patient, Report& report) {
  using Found = std::optional<tables::JobRun>;
  const Result<Found> run = patient.store->read(
      [](store::ReadTxn& tx) -> Result<Found> { return tables::job_runs.find(tx, "backup"); });
  if (!run) return;
  if (!*run || (*run)->succeeded_at == Time{}) {
    const std::string cause = *run ? ": " + (*run)->last_error : "";
    return report.warn("the server has made no backup yet" + cause,
                       "it makes one when it runs; by hand: authd backup FILE");
  }
  const Milliseconds age = patient.clock.now() - (*run)->succeeded_at;
  const std::string text = "the last backup is " + in_words(age) + " old";
  if (age > 2 * patient.config().backup.interval) {
    report.fail(
        text + ", and backup.interval is " + in_words(patient.config().backup.interval) +
            ((*run)->last_error.empty() ? "" : ": " + (*run)->last_error),
        patient.server ? "look for the job \"backup\"" : "start the server, which makes them");
  } else if (!(*run)->last_error.empty()) {
    report.warn(text + ", and the last run failed: " + (*run)->last_error,
                "correct that; the job is tried again within ten minutes");
  } else {
    report.ok(text);
  }
}

void count_snapshots(const Patient& patient, Report& report) {
  size_t count = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(patient.config().server.data_dir + "/snapshots", ignored)) {
    count += entry.path().extension() == ".backup" ? 1 : 0;
  }
  if (count == 0) return;
  report.ok(std::to_string(count) + (count == 1 ? " snapshot" : " snapshots") +
            " of upgrades to go back to (authd db rollback)");
}

}  // namespace

void check_backups(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return report.skip("the database does not open");
  if (patient.config().backup.directory.empty()) {
    report.warn("no backups are scheduled (backup.directory is not set)",
                "name a directory on another disk, or make sure that authd backup is run");
  } else {
    check_place(patient.config(), report);
    check_last(patient, report);
  }
  count_snapshots(patient, report);
}

}  // namespace authd::server::doctor
