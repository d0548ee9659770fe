#include "server/data/snapshot.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "server/data/backup_stream.h"
#include "server/data/other_hosts.h"
#include "server/data/temporary_file.h"
#include "store/directory.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "schema-";
constexpr std::string_view kSuffix = ".backup";

// "schema-1-20261121T121314Z.backup"
std::string snapshot_name(uint64_t version, Time now) {
  std::string name = std::string(kPrefix) + std::to_string(version) + "-";
  for (const char c : format_rfc3339(now)) {
    if (c != '-' && c != ':') name += c;
  }
  return name + std::string(kSuffix);
}

// What is upgraded changes under whoever uses it.
Result<void> require_no_older_server(const UpgradeContext& c) {
  const std::optional<int> server = store::running_server(c.config.server.data_dir);
  if (server && *server != getpid()) {
    return Error{ErrorCode::conflict,
                 "the running server (process " + std::to_string(*server) +
                     ") is of an older release than this command: restart it first"};
  }
  const std::vector<store::Node> others = TRY(other_servers(c.config));
  if (others.empty()) return {};
  return Error{ErrorCode::conflict,
               "this release upgrades the data, and servers of other hosts still use it (" +
                   joined(others, ", ",
                          [](const store::Node& node) { return node.name + ": " + node.version; }) +
                   "): stop them first, and start them again with this release"};
}

// A snapshot of data of this version, by its name.
bool has_snapshot_of(const std::string& directory, uint64_t version) {
  const std::string prefix = directory + "/" + std::string(kPrefix) + std::to_string(version) + "-";
  const std::vector<std::string> all = list_snapshots(directory);
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& path) { return path.starts_with(prefix); });
}

}  // namespace

std::string snapshots_of(const config::Config& config) {
  return config.server.data_dir + "/snapshots";
}

std::vector<std::string> list_snapshots(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return a.substr(a.rfind('-')) > b.substr(b.rfind('-'));
  });
  return found;
}

void remove_unfinished_snapshots(const config::Config& config) {
  remove_unfinished(snapshots_of(config), [](std::string_view name) {
    return name.starts_with(kPrefix) && name.ends_with(kSuffix);
  });
}

Result<void> prepare_upgrade(const UpgradeContext& c) {
  const uint64_t version = TRY(tables::schema_version(c.store));
  const uint64_t wanted = c.opening.migrations.size();
  if (version >= wanted) return {};  // A newer one is refused by migrate().
  TRY(require_no_older_server(c));
  const std::string directory = snapshots_of(c.config);
  const uint64_t from = TRY(tables::upgrading_from(c.store));
  if (from != version && has_snapshot_of(directory, from)) {
    c.log.info("continuing an interrupted upgrade", {{"from", from}, {"at", version}});
    return {};
  }
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{ErrorCode::unavailable, "cannot make " + directory + ": " + system_message(errno)};
  }
  store::adopt_directory(directory);
  const Time now = c.clock.now();
  const std::string name = directory + "/" + snapshot_name(version, now);
  const auth::backup::BackupInfo info = TRY(backup_info(c.store, now));
  TRY(write_plain_backup(c.store, info, c.random, name, c.opening.stopping));
  store::adopt_owner(name);
  c.log.info("the data is upgraded; a snapshot was taken before",
             {{"from", version}, {"to", wanted}, {"snapshot", name}});
  const std::vector<std::string> all = list_snapshots(directory);
  for (size_t i = kSnapshots; i < all.size(); ++i)
    unlink(all[i].c_str());
  return {};
}

}  // namespace authd::server
