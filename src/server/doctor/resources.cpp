// Disk, the store's own limit, open files and memory.
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "base/process.h"
#include "config/reading/values.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kLeastFree = 64 * kMiB;
constexpr uint64_t kGoodFree = 512 * kMiB;
// Descriptors besides those of connections, as the server counts them.
constexpr uint64_t kOtherFiles = 128;
constexpr size_t kMaxProcFile = 64 << 10;

std::string mib(uint64_t bytes) {
  return std::to_string(bytes / kMiB) + " MiB";
}

void check_disk(const Patient& patient, Report& report) {
  const std::string& directory = patient.config().server.data_dir;
  struct statvfs disk;
  if (statvfs(directory.c_str(), &disk) != 0) return;
  const uint64_t free = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  const uint64_t used = patient.store == nullptr ? 0 : patient.store->stats().used_bytes;
  const std::string text = mib(free) + " are free on the disk of " + directory;
  if (free < kLeastFree) {
    report.fail(text + ": soon nothing can be written, and no login is possible",
                "make room, or move the directory to a larger disk");
  } else if (free < std::max(kGoodFree, 2 * used)) {
    report.warn(text + ", and the data has " + mib(used) +
                    ": a backup is tried in a copy, and needs as much again",
                "make room, or move the directory to a larger disk");
  } else {
    report.ok(text);
  }
}

void check_map(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return;
  const store::Stats stats = patient.store->stats();
  if (stats.max_bytes == 0 || stats.used_bytes < stats.max_bytes / 10 * 8) return;
  const std::string text = "the database has " + mib(stats.used_bytes) + " of the " +
                           mib(stats.max_bytes) + " of store.max_size";
  const char* advice = "raise store.max_size, or give free space back (authd db compact)";
  if (stats.used_bytes < stats.max_bytes / 100 * 95) {
    report.warn(text, advice);
  } else {
    report.fail(text + ": soon nothing can be written", advice);
  }
}

// A backup or an export takes its time, and is no fault; a process that is stopped is.
void check_readers(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return;
  constexpr Milliseconds kLasts{2000};
  constexpr Milliseconds kPause{100};
  constexpr int kMaxLooks = 30;
  std::optional<store::OldReader> oldest;
  for (int looks = 0; looks < kMaxLooks; ++looks) {
    oldest = patient.store->oldest_reader();
    if (!oldest || oldest->age >= kLasts) break;
    std::this_thread::sleep_for(kPause);
  }
  if (!oldest || oldest->age < kLasts) return;
  report.warn(describe_process(oldest->process) + " reads a state of the database that is " +
                  std::to_string(oldest->commits_since) +
                  (oldest->commits_since == 1 ? " commit" : " commits") +
                  " old: until it ends, the file grows by all that is written",
              "let a backup or an export finish; resume a process that is stopped (kill -CONT), or "
              "end it");
}

// Of a line "Max open files   1024   4096   files": the second number, up to which the server
// raises the first.
std::optional<uint64_t> hard_file_limit(std::optional<int> server) {
  if (!server) {
    rlimit own{};
    if (getrlimit(RLIMIT_NOFILE, &own) != 0) return std::nullopt;
    return own.rlim_max;
  }
  const Result<std::string> limits =
      read_file("/proc/" + std::to_string(*server) + "/limits", kMaxProcFile);
  if (!limits) return std::nullopt;
  constexpr std::string_view kName = "Max open files";
  const size_t line = limits->find(kName);
  if (line == std::string::npos) return std::nullopt;
  const char* at = limits->c_str() + line + kName.size();
  char* end = nullptr;
  strtoull(at, &end, 10);  // The soft limit.
  const uint64_t hard = strtoull(end, &end, 10);
  return hard == 0 ? std::nullopt : std::optional(hard);
}

void check_descriptors(const Patient& patient, Report& report) {
  const std::optional<uint64_t> limit = hard_file_limit(patient.server);
  const uint64_t wanted = patient.config().server.max_connections + kOtherFiles;
  if (!limit || *limit >= wanted) return;
  report.warn("at most " + std::to_string(*limit) + " files may be open" +
                  (patient.server ? "" : " by a server started like this command") +
                  ", and server.max_connections needs " + std::to_string(wanted),
              "raise the limit (LimitNOFILE= in the unit, ulimit -n), or lower "
              "server.max_connections");
}

// "memory.max" of the control group (cgroups(7), version 2); nullopt when there is none.
std::optional<uint64_t> group_limit(std::optional<int> server) {
  const std::string process = server ? std::to_string(*server) : "self";
  const Result<std::string> group = read_file("/proc/" + process + "/cgroup", kMaxProcFile);
  if (!group || !group->starts_with("0::/")) return std::nullopt;
  const std::string path = group->substr(3, group->find('\n') - 3);
  const Result<std::string> limit = read_file("/sys/fs/cgroup" + path + "/memory.max", 64);
  if (!limit || limit->starts_with("max")) return std::nullopt;
  return strtoull(limit->c_str(), nullptr, 10);
}

void check_memory(const Patient& patient, Report& report) {
  const uint64_t cores = std::max(std::thread::hardware_concurrency(), 1u);
  const uint64_t wanted = patient.config().hashing.argon2_memory * cores;
  const auto pages = static_cast<uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
  const uint64_t machine = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t limit = std::min(machine, group_limit(patient.server).value_or(machine));
  const std::string text = "password hashes take up to " + mib(wanted) + " (" +
                           std::to_string(cores) + " cores), and there are " + mib(limit);
  if (wanted > limit / 2) {
    report.warn(text, "lower passwords.argon2_memory, or give the server more memory");
  } else {
    report.ok(text);
  }
}

}  // namespace

void check_resources(const Patient& patient, Report& report) {
  check_disk(patient, report);
  check_map(patient, report);
  check_readers(patient, report);
  check_descriptors(patient, report);
  check_memory(patient, report);
}

}  // namespace authd::server::doctor
