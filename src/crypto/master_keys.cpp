#include "crypto/master_keys.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "base/encoding.h"
#include "base/file.h"
#include "crypto/private_file.h"

namespace authd::crypto {
namespace {

using Key = std::shared_ptr<const MasterKey>;
using Keys = std::vector<Key>;

// Longer than kMaxKeys lines.
constexpr size_t kMaxFile = 1024;

Keys::const_iterator find_in(const Keys& keys, std::string_view id) {
  return std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key->id() == id; });
}

Error no_key_file(const std::string& path, size_t line) {
  const std::string what = line > 1 ? "line " + std::to_string(line) + " of " + path : path;
  return Error{
      ErrorCode::invalid,
      what + " is not a master key of authd; restore the one that the data was created with"};
}

Result<Keys> parse(std::string_view text, const std::string& path) {
  Keys keys;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::optional<MasterKey> key = MasterKey::parse(text.substr(0, end));
    if (!key && end > 0) return no_key_file(path, line);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!key || find_in(keys, key->id()) != keys.end()) continue;  // empty, or there twice
    keys.push_back(std::make_shared<const MasterKey>(std::move(*key)));
  }
  if (keys.empty()) return no_key_file(path, 1);
  if (keys.size() > MasterKeys::kMaxKeys) {
    return Error{ErrorCode::invalid, path + " holds more than " +
                                         std::to_string(MasterKeys::kMaxKeys) +
                                         " master keys; `authd key master list` says which are "
                                         "in use"};
  }
  return keys;
}

Result<Keys> read_keys(const std::string& path) {
  std::string text = TRY(read_private_file(path, "master key", kMaxFile));
  Result<Keys> keys = parse(text, path);
  wipe(text);
  return keys;
}

// Writes a new key file, which appears whole or not at all. It is not an error if another process
// was first.
Result<void> create_file(const std::string& path, std::string_view line, Random& random) {
  const std::string temporary = path + "." + hex_encode(random.bytes(8));
  TRY(write_file_atomic(temporary, line, 0600));
  const int linked = link(temporary.c_str(), path.c_str());
  const int failure = errno;
  unlink(temporary.c_str());
  // ENOENT: a server that found another process's key has removed this one.
  const bool is_there = failure == EEXIST || (failure == ENOENT && access(path.c_str(), F_OK) == 0);
  if (linked != 0 && !is_there) {
    return Error{ErrorCode::unavailable,
                 "cannot create the master key " + path + ": " + system_message(failure)};
  }
  // Also for another process's file: nothing sealed under its key may outlive it.
  return sync_directory(parent_of(path));
}

}  // namespace

struct MasterKeys::State {
  std::string path;  // empty: there is no file
  std::mutex mutex;
  Keys keys;             // never empty
  Keys former;           // the last ones removed from the file; at most kMaxKeys
  int former_calls = 0;  // of former_ids(), since `former` grew or was last reported
  std::string sealing;   // the id of one of `keys`

  State(std::string file, Keys held)
      : path(std::move(file)), keys(std::move(held)), sealing(keys.front()->id()) {}
};

MasterKeys::MasterKeys(std::unique_ptr<State> state) : state_(std::move(state)) {}
MasterKeys::MasterKeys(MasterKey key)
    : state_(std::make_unique<State>("", Keys{std::make_shared<const MasterKey>(std::move(key))})) {
}
MasterKeys::MasterKeys(MasterKeys&&) noexcept = default;
MasterKeys& MasterKeys::operator=(MasterKeys&&) noexcept = default;
MasterKeys::~MasterKeys() = default;

Result<MasterKeys> MasterKeys::load(const std::string& path) {
  return MasterKeys(std::make_unique<State>(path, TRY(read_keys(path))));
}

Result<MasterKeys> MasterKeys::load_or_create(const std::string& path, Random& random) {
  Result<MasterKeys> found = load(path);
  if (found || found.error().code != ErrorCode::not_found) return found;
  TRY(create_file(path, MasterKey::generate(random).line().reveal(), random));
  return load(path);
}

Result<bool> MasterKeys::reload() const {
  if (state_->path.empty()) return false;
  Keys fresh = TRY(read_keys(state_->path));
  const std::lock_guard lock(state_->mutex);
  if (find_in(fresh, state_->sealing) == fresh.end()) {
    return Error{ErrorCode::invalid, state_->path + " does not hold the master key " +
                                         state_->sealing +
                                         ", which the data is sealed with: restore it before the "
                                         "server ends"};
  }
  for (const Key& key : state_->keys) {
    if (find_in(fresh, key->id()) != fresh.end()) continue;
    state_->former.push_back(key);
    state_->former_calls = 0;
  }
  if (state_->former.size() > kMaxKeys) {
    state_->former.erase(state_->former.begin(), state_->former.end() - kMaxKeys);
  }
  const bool is_same =
      std::equal(fresh.begin(), fresh.end(), state_->keys.begin(), state_->keys.end(),
                 [](const Key& a, const Key& b) { return a->id() == b->id(); });
  state_->keys = std::move(fresh);
  return !is_same;
}

std::vector<std::string> MasterKeys::former_ids() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> ids;
  if (state_->former.empty() || ++state_->former_calls < kCallsUntilFormer) return ids;
  state_->former_calls = 0;
  for (const Key& key : state_->former)
    ids.push_back(key->id());
  return ids;
}

void MasterKeys::forget_former(std::string_view id) const {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->former, [&](const Key& key) { return key->id() == id; });
}

std::vector<std::string> MasterKeys::ids() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> ids;
  for (const Key& key : state_->keys)
    ids.push_back(key->id());
  return ids;
}

SecretKey MasterKeys::text() const {
  const std::lock_guard lock(state_->mutex);
  std::string text;
  text.reserve(kMaxFile);  // Never reallocated: that would leave copies of the key behind.
  for (const Key& key : state_->keys)
    text += key->line().reveal();
  return SecretKey(std::move(text));
}

std::shared_ptr<const MasterKey> MasterKeys::find(std::string_view id) const {
  const auto held = [&]() -> Key {
    const std::lock_guard lock(state_->mutex);
    for (const Keys* keys : {&state_->keys, &state_->former}) {
      const auto it = find_in(*keys, id);
      if (it != keys->end()) return *it;
    }
    return nullptr;
  };
  if (id.empty()) return nullptr;
  Key key = held();
  if (key) return key;
  const Result<bool> reloaded = reload();
  return reloaded && *reloaded ? held() : nullptr;
}

bool MasterKeys::holds(std::string_view id) const {
  return find(id) != nullptr;
}

void MasterKeys::seal_with(std::string_view id) const {
  if (find(id) == nullptr) return;
  const std::lock_guard lock(state_->mutex);
  if (find_in(state_->keys, id) != state_->keys.end()) state_->sealing = id;
}

std::string MasterKeys::sealing_id() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sealing;
}

std::string MasterKeys::seal(std::string_view plaintext, std::string_view context,
                             Random& random) const {
  const auto current = [&]() -> Key {
    const std::lock_guard lock(state_->mutex);
    return *find_in(state_->keys, state_->sealing);
  };
  return current()->seal(plaintext, context, random);
}

std::optional<std::string> MasterKeys::open(std::string_view sealed,
                                            std::string_view context) const {
  const Key key = find(MasterKey::id_of(sealed));
  return key ? key->open(sealed, context) : std::nullopt;
}

std::optional<std::string> MasterKeys::renew(std::string_view sealed, std::string_view context,
                                             std::string_view id, Random& random) const {
  const Key key = find(id);
  std::optional<std::string> secret = open(sealed, context);
  if (!key || !secret) return std::nullopt;
  std::string renewed = key->seal(*secret, context, random);
  wipe(*secret);
  return renewed;
}

}  // namespace authd::crypto
