#include "server/data/restored_key.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/file.h"
#include "base/text.h"
#include "crypto/private_file.h"
#include "server/data/master_key.h"
#include "store/directory.h"

namespace authd::server {
namespace {

constexpr size_t kMaxKeyFile = 4096;

Error not_ours(const std::string& file, const std::string& needed) {
  return Error{ErrorCode::conflict,
               file + " does not hold the master key of the backup (" + needed +
                   "), and cannot be changed here, because systemd or a container engine provides "
                   "it: name another file in AUTHD_SECRETS_MASTER_KEY_FILE for this command, which "
                   "writes the key there, and then put that file where " +
                   file + " comes from"};
}

Error too_many(const std::string& file) {
  return Error{ErrorCode::conflict, file +
                                        " has no room for the master key of the backup: authd key "
                                        "master rotate removes those that nothing needs"};
}

}  // namespace

RestoredKey::~RestoredKey() {
  for (std::string* keys : {&before_, &original_, &during_, &after_})
    wipe(*keys);
}

Result<RestoredKey> RestoredKey::plan(const config::Config& config, const Loaded& loaded,
                                      bool replaces, const std::string& scratch) {
  RestoredKey key;
  key.configured_ = config.secrets.master_key_file;
  key.marker_ = config.server.data_dir + kRestoredKeysMarker;
  key.scratch_ = scratch;
  key.earlier_ = read_file(key.marker_, kMaxKeyFile).value_or("");
  const bool is_provided = crypto::is_provided_file(key.configured_);
  const std::string& needed = loaded.info.master_key_id;
  const Result<crypto::MasterKeys> there = crypto::MasterKeys::load(key.configured_);
  if (!there && there.error().code != ErrorCode::not_found) return there.error();
  if (there && !is_provided) key.before_ = there->text().reveal();
  if (there && there->holds(needed)) {
    key.of_backup_ = key.configured_;
    return key;
  }
  std::string added = loaded.info.master_key;
  if (there && added.empty()) {
    const std::string file = key.configured_ + "." + needed;
    const Result<crypto::MasterKeys> former = crypto::MasterKeys::load(file);
    if (former && former->holds(needed)) {
      added = former->text().reveal();
      key.former_ = file;
    }
  }
  const std::string state = key.configured_ + (there ? " holds " + joined(there->ids(), ", ")
                                                     : std::string(" is not there"));
  if (added.empty()) {
    return Error{ErrorCode::unavailable,
                 "the backup is sealed with the master key " + needed +
                     ", which is not in it, and " + state +
                     ": put the right master.key there, or name it in secrets.master_key_file"};
  }
  if (there && key.former_.empty() && !replaces) {
    return Error{ErrorCode::conflict, state + ", another master key than the backup (" + needed +
                                          "); --force replaces it (the old one is kept aside)"};
  }
  if (is_provided) return not_ours(key.configured_, needed);
  key.of_backup_ = scratch + "/master.key";
  if (there) {
    key.original_ = TRY(crypto::read_private_file(key.configured_, "master key", kMaxKeyFile));
    key.during_ = there->text().reveal();
  }
  key.during_ += added;
  key.after_ = key.former_.empty() ? added : key.during_;
  wipe(added);
  TRY(write_file_atomic(key.of_backup_, key.after_, 0600));
  const crypto::MasterKeys of_backup = TRY(crypto::MasterKeys::load(key.of_backup_));
  if (there && key.former_.empty()) {
    key.spent_ = joined(there->ids(), " ") + " " + joined(of_backup.ids(), " ");
    if (there->ids().size() + of_backup.ids().size() > crypto::MasterKeys::kMaxKeys) {
      return too_many(key.configured_);
    }
  } else if (there) {
    key.spent_ = needed;
  }
  return key;
}

Result<void> RestoredKey::write(const std::string& keys) const {
  return write_key_file(configured_, keys);
}

// An incomplete file is in the scratch directory, which is always removed.
Result<void> RestoredKey::write_marker(const std::string& text) const {
  const std::string fresh = scratch_ + "/marker";
  TRY(write_file_atomic(fresh, text, 0600));
  store::adopt_owner(fresh);
  if (rename(fresh.c_str(), marker_.c_str()) != 0) {
    return Error{ErrorCode::unavailable, "cannot write " + marker_ + ": " + system_message(errno)};
  }
  return sync_directory(parent_of(marker_));
}

Result<void> RestoredKey::add() {
  if (during_.empty()) return {};
  if (!spent_.empty()) {
    TRY(write_marker(spent_ + "\n" + earlier_));
  }
  return write(during_);
}

Result<void> RestoredKey::undo() {
  if (during_.empty()) return {};
  if (original_.empty()) {
    if (unlink(configured_.c_str()) != 0 && errno != ENOENT) {
      return Error{ErrorCode::unavailable,
                   "cannot remove " + configured_ + ": " + system_message(errno)};
    }
  } else {
    Result<std::string> now = crypto::read_private_file(configured_, "master key", kMaxKeyFile);
    const bool is_same = now && *now == original_;
    if (now) wipe(*now);
    if (!is_same) TRY(write(original_));
  }
  drop_marker();
  return {};
}

// Only of this restore. The next start of the server handles what an earlier one left.
void RestoredKey::drop_marker() const {
  if (earlier_.empty()) {
    unlink(marker_.c_str());
  } else {
    static_cast<void>(write_marker(earlier_));
  }
}

Result<void> RestoredKey::finish() {
  if (replaces_keys()) TRY(write(after_));
  if (!during_.empty()) drop_marker();
  return {};
}

}  // namespace authd::server
