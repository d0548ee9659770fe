#include "server/data/master_key.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "auth/core/audit/audit.h"
#include "auth/upkeep/master_rotation.h"
#include "base/file.h"
#include "base/text.h"
#include "crypto/private_file.h"
#include "server/data/other_hosts.h"
#include "server/data/store_options.h"
#include "store/directory.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

// settings: "<process id> <place> <key id> <key id>…" of the server that wrote it last. If several
// hosts share the data, each has its own.
constexpr const char* kServerKeys = "server_master_keys";
std::string server_keys_name(const config::Config& config, const std::string& node) {
  return is_shared(config) ? kServerKeys + ("/" + node) : kServerKeys;
}
constexpr size_t kMaxMarker = 4096;
constexpr Milliseconds kAskEvery = std::chrono::milliseconds(100);

// One rotation at a time. The kernel releases the lock when the process ends.
Result<UniqueFd> lock_rotations(const std::string& data_dir) {
  const std::string path = data_dir + "/rotation.lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    return Error{ErrorCode::unavailable, "cannot make " + path + ": " + system_message(errno)};
  }
  store::adopt_owner(path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{
        ErrorCode::conflict,
        "another process is rotating the master key of this directory; wait until it has finished"};
  }
  return fd;
}

// Identifies the directory of the file for every process of the machine, whatever path it uses.
std::string place_of(const std::string& file) {
  struct stat found;
  if (stat(parent_of(file).c_str(), &found) != 0) return "?";
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
}

std::string server_keys(int process, const std::string& place,
                        const std::vector<std::string>& ids) {
  std::string text = std::to_string(process) + " " + place;
  for (const std::string& id : ids)
    text += " " + id;
  return text;
}

Result<std::string> read_server_keys(const auth::Services& s, const std::string& node) {
  const std::string name = server_keys_name(s.config, node);
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::string> {
    return tables::settings.find(tx, name).value_or(tables::Setting{}).value;
  });
}

Result<std::string> current_sealing_key(store::Store& store) {
  return store.read(
      [](store::ReadTxn& tx) -> Result<std::string> { return auth::sealing_key(tx); });
}

// The file, or the target if it is a link; empty if there is none.
std::string real_path(const std::string& file) {
  char* real = realpath(file.c_str(), nullptr);
  std::string path = real == nullptr ? "" : real;
  std::free(real);
  return path;
}

class Rotation {
 public:
  Rotation(const auth::Services& s, const auth::Origin& origin, const RotationStep& step)
      : s_(s),
        origin_(origin),
        step_(step),
        file_(s.config.secrets.master_key_file),
        path_(real_path(file_)) {}

  Result<MasterRotation> run() {
    TRY(reload());
    const std::string before = TRY(current_sealing_key(s_.store));
    std::vector<std::string> ids = s_.master_key.ids();
    if (ids.size() == 1) {
      TRY(add_key());
      ids = s_.master_key.ids();
    }
    report_.key = ids.front();
    if (report_.key != before) {
      TRY(wait_for_server());
      TRY(wait_for_other_hosts());
      step_("the new key seals", 0);
      TRY(auth::begin_master_rotation(s_, report_.key, origin_));
    }
    step_("re-sealing", 0);
    const auth::SealedAnew done =
        TRY(auth::seal_anew(s_, [&](uint64_t rows) { step_("re-sealing", rows); }));
    report_.rows = done.rows;
    TRY(drop_old_keys());
    return std::move(report_);
  }

 private:
  Result<void> reload() {
    const Result<bool> reloaded = s_.master_key.reload();
    if (reloaded) return {};
    // Another process may have done it all between the start of this one and its turn.
    if (TRY(current_sealing_key(s_.store)) != s_.master_key.sealing_id()) {
      return Error{ErrorCode::conflict,
                   "another process has just rotated the master key of this directory; run this "
                   "again to rotate it once more"};
    }
    return reloaded.error();
  }

  bool is_ours() const { return !crypto::is_provided_file(file_) && !path_.empty(); }

  Error not_ours(const std::string& why) const {
    return Error{ErrorCode::conflict,
                 file_ + " cannot be changed here (" + why +
                     "): at its source, insert a line of `authd key master new` above the line "
                     "that is there, give the server the new file, and run this again"};
  }

  // Step 1.
  Result<void> add_key() {
    if (!is_ours()) return not_ours("it was provided by systemd or a container engine");
    if (is_shared(s_.config)) {
      return Error{ErrorCode::conflict,
                   "several hosts share this data and need the same keys: in " + file_ +
                       " of every host, insert a line of `authd key master new` above the line "
                       "that is there, and run this again"};
    }
    step_("a new key in the file", 0);
    const crypto::MasterKey fresh = crypto::MasterKey::generate(s_.random);
    const SecretKey below = s_.master_key.text();
    std::string text;
    text.reserve(2 * (below.reveal().size() + fresh.line().reveal().size()));
    text += fresh.line().reveal();
    text += below.reveal();
    const Result<void> written = crypto::write_private_file(path_, path_, text);
    wipe(text);
    if (!written) return not_ours(written.error().message);
    return reload();
  }

  // Step 2.
  Result<void> wait_for_server() {
    step_("the server takes the new key", 0);
    std::string held;
    std::optional<int> server;
    for (Milliseconds waited{0}; waited <= kServerTakesKey; waited += kAskEvery) {
      server = store::running_server(s_.config.server.data_dir);
      if (!server) return {};
      held = TRY(read_server_keys(s_, s_.config.cluster.node));
      if (held.starts_with(std::to_string(*server) + " ")) {
        if (held.find(" " + report_.key) != std::string::npos) return {};
        // That server will never see the new file.
        if (held.find(" " + place_of(path_) + " ") == std::string::npos) break;
      }
      std::this_thread::sleep_for(kAskEvery);
    }
    return Error{ErrorCode::conflict,
                 "the running server (process " + std::to_string(*server) +
                     ") does not hold the new master key " + report_.key +
                     "; if it gets its key at its start (systemd's LoadCredential, a secret of a "
                     "container), restart it and run this again. Nothing is sealed with the new "
                     "key yet"};
  }

  // The same for the servers of other hosts.
  Result<void> wait_for_other_hosts() {
    const std::vector<store::Node> others = TRY(other_servers(s_.config));
    if (others.empty()) return {};
    step_("the servers of the other hosts take the new key", 0);
    std::string without;
    for (Milliseconds waited{0}; waited <= kServerTakesKey; waited += kAskEvery) {
      without.clear();
      for (const store::Node& node : others) {
        const std::string held = TRY(read_server_keys(s_, node.name));
        if (held.find(" " + report_.key) == std::string::npos) without += " " + node.name;
      }
      if (without.empty()) return {};
      std::this_thread::sleep_for(kAskEvery);
    }
    return Error{ErrorCode::conflict,
                 "these servers do not hold the new master key " + report_.key + ":" + without +
                     "; put the same file there, or stop them, and run this again. Nothing is "
                     "sealed with the new key yet"};
  }

  // Step 5.
  Result<void> drop_old_keys() {
    step_("looking for what is left", report_.rows);
    const auto counts = TRY(auth::count_sealed(s_.store));
    std::vector<std::string> spent;
    std::vector<std::string> needed;
    for (const std::string& id : s_.master_key.ids()) {
      if (id != report_.key) (counts.contains(id) ? needed : spent).push_back(id);
    }
    if (!needed.empty()) {
      return Error{ErrorCode::invalid,
                   "some values that are sealed with " + joined(needed, ", ") +
                       " do not open; authd db check names them. That key stays in the file"};
    }
    if (spent.empty()) return {};
    if (!is_ours() || !keep_aside()) {
      report_.kept_as.clear();
      report_.removable = spent;
      return {};
    }
    // Before the key is removed: a crash in between leaves one audit entry too many, never one too
    // few.
    TRY(auth::audit_alone(s_, origin_,
                          {"master_key_dropped", std::nullopt, "ok", joined(spent, ", ")}));
    step_("the old key leaves the file", report_.rows);
    TRY(leave_only_the_new_key());
    report_.dropped = spent;
    return reload();
  }

  Result<void> keep_aside() {
    const SecretKey text = s_.master_key.text();
    std::string_view rest = text.reveal();
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      const crypto::MasterKey key = crypto::MasterKey::parse(line).value();
      if (key.id() == report_.key) continue;
      step_("an old key beside the file", report_.rows);
      const std::string aside = path_ + "." + key.id();
      TRY(crypto::write_private_file(aside, path_, key.line().reveal()));
      report_.kept_as.push_back(aside);
    }
    return {};
  }

  // The new key is the first line, because the first key becomes the one that seals.
  Result<void> leave_only_the_new_key() {
    const SecretKey text = s_.master_key.text();
    return crypto::write_private_file(path_, path_,
                                      text.reveal().substr(0, text.reveal().find('\n') + 1));
  }

  const auth::Services& s_;
  const auth::Origin& origin_;
  const RotationStep& step_;
  std::string file_;  // as configured
  std::string path_;  // the target if it is a link: the target is replaced
  MasterRotation report_;
};

bool consists_of(std::string_view text, size_t size, int (*is_one)(int)) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_one(static_cast<unsigned char>(c)) != 0;
         });
}

// What a killed process may leave behind: "<file>.<16 hex digits>" (a key file being created, which
// is itself written under that name and ".XXXXXX"), or a name with crypto::kUnfinished (a file
// being rewritten, or a key being moved to its own file). Never "<file>.<8 hex digits>", which is
// kept for old backups, or a name that a person would give a copy.
bool is_unfinished_key(std::string_view name, const std::string& file) {
  constexpr size_t kRandom = 6;  // mkostemp(3)
  constexpr size_t kDigits = 16;
  if (!name.starts_with(file + ".")) return false;
  const size_t mark = name.rfind(crypto::kUnfinished);
  if (mark != std::string_view::npos && mark >= file.size()) {
    return consists_of(name.substr(mark + crypto::kUnfinished.size()), kRandom, &isalnum);
  }
  name.remove_prefix(file.size() + 1);
  if (!consists_of(name.substr(0, kDigits), kDigits, &isxdigit)) return false;
  name.remove_prefix(kDigits);
  return name.empty() || (name[0] == '.' && consists_of(name.substr(1), kRandom, &isalnum));
}

// A key that is no longer in the file is wiped from memory. If it was removed too early, this
// process keeps it to open what it sealed, and the log says what to do before the process ends.
Result<void> forget_former_keys(const auth::Services& s) {
  const std::vector<std::string> former = s.master_key.former_ids();
  if (former.empty()) return {};
  const auto counts = TRY(auth::count_sealed(s.store));
  for (const std::string& id : former) {
    if (!counts.contains(id)) {
      s.master_key.forget_former(id);
      continue;
    }
    s.log.warn("a master key left its file while values need it: put it back before the next start",
               {{"key", id}, {"values", counts.at(id)}});
  }
  return {};
}

}  // namespace

Result<std::vector<MasterKeyUse>> master_key_uses(const auth::Services& s) {
  auto counts = TRY(auth::count_sealed(s.store));
  const std::string sealing = TRY(current_sealing_key(s.store));
  std::vector<MasterKeyUse> uses;
  for (const std::string& id : s.master_key.ids()) {
    uses.push_back({id, counts[id], true, id == sealing});
    counts.erase(id);
  }
  for (const auto& [id, values] : counts)
    uses.push_back({id, values, false, id == sealing});
  return uses;
}

Result<MasterRotation> rotate_master_key(const auth::Services& s, const auth::Origin& origin,
                                         const RotationStep& step) {
  const UniqueFd lock = TRY(lock_rotations(s.config.server.data_dir));
  return Rotation(s, origin, step).run();
}

void remove_unfinished_keys(const config::Config& config) {
  const std::string file = real_path(config.secrets.master_key_file);
  if (file.empty() || crypto::is_provided_file(config.secrets.master_key_file)) return;
  std::vector<fs::path> left;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent_of(file), ignored)) {
    if (is_unfinished_key(entry.path().filename().string(), fs::path(file).filename().string())) {
      left.push_back(entry.path());
    }
  }
  if (left.empty()) return;
  // They may belong to a running rotation.
  const Result<UniqueFd> lock = lock_rotations(config.server.data_dir);
  if (!lock) return;
  for (const fs::path& path : left)
    fs::remove(path, ignored);
}

Result<void> write_key_file(const std::string& file, std::string_view keys) {
  const std::string path = real_path(file);
  if (!path.empty()) return crypto::write_private_file(path, path, keys);
  TRY(write_file_atomic(file, crypto::kUnfinished, keys,
                        [](int) -> Result<void> { return {}; }));  // 0600
  store::adopt_owner(file);
  return {};
}

void finish_restored_keys(const auth::Services& s) {
  const std::string marker = s.config.server.data_dir + kRestoredKeysMarker;
  const Result<std::string> named = read_file(marker, kMaxMarker);
  if (!named && named.error().code == ErrorCode::not_found) return;
  const auto finish = [&]() -> Result<void> {
    std::string ids = " " + TRY(Result<std::string>(named));
    std::replace(ids.begin(), ids.end(), '\n', ' ');
    const UniqueFd lock = TRY(lock_rotations(s.config.server.data_dir));
    static_cast<void>(s.master_key.reload());
    const auto counts = TRY(auth::count_sealed(s.store));
    const std::string sealing = TRY(current_sealing_key(s.store));
    const SecretKey all = s.master_key.text();
    std::string kept;
    kept.reserve(all.reveal().size());
    std::vector<std::string> spent;
    for (std::string_view rest = all.reveal(); !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      const std::string id = crypto::MasterKey::parse(line).value().id();
      const bool is_named = ids.find(" " + id) != std::string::npos;
      if (is_named && id != sealing && !counts.contains(id)) {
        spent.push_back(id);
      } else {
        kept.append(line).append("\n");
      }
    }
    Result<void> written;
    if (!spent.empty() && !kept.empty()) {
      written = write_key_file(s.config.secrets.master_key_file, kept);
    }
    wipe(kept);
    TRY(std::move(written));
    static_cast<void>(s.master_key.reload());
    unlink(marker.c_str());
    s.log.info("an interrupted restore was completed",
               {{"keys_out_of_the_file", joined(spent, ", ")}, {"key", sealing}});
    return {};
  };
  if (const Result<void> done = finish(); !done) {
    s.log.warn("an interrupted restore left keys in the file of the master key",
               {{"cause", done.error().message}, {"file", s.config.secrets.master_key_file}});
  }
}

Result<Progress> watch_master_key(const auth::Services& s, Time) {
  // A file that cannot be read now is not a failure: the keys are in memory, and the next start
  // reports it.
  if (const Result<bool> reloaded = s.master_key.reload(); reloaded && *reloaded) {
    s.log.info("master keys read again", {{"keys", joined(s.master_key.ids(), ", ")}});
  }
  TRY(forget_former_keys(s));
  s.master_key.seal_with(TRY(current_sealing_key(s.store)));
  const std::string held = server_keys(
      getpid(), place_of(real_path(s.config.secrets.master_key_file)), s.master_key.ids());
  const std::string& node = s.config.cluster.node;
  if (TRY(read_server_keys(s, node)) == held) return Progress{};
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::settings.put(tx, server_keys_name(s.config, node), {held, {}});
    return {};
  }));
  return Progress{1, false};
}

}  // namespace authd::server
