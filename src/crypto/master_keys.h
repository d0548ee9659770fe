// The master keys of a data directory: the lines of one file, mostly one. While a master key is
// being replaced there are more: any of them opens what it sealed, and one of them seals, by its id
// in the sealed value. Which one that is, the data says (auth/core/sealing.h); until it does, the
// first.
//
// The file may change while a process runs. It is read again by reload(), and whenever something
// names a key that is not held. Thread-safe; const, because what it opens does not change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret_box.h"

namespace authd::crypto {

class MasterKeys {
 public:
  static constexpr size_t kMaxKeys = 8;

  // Of no file.
  explicit MasterKeys(MasterKey key);
  MasterKeys(MasterKeys&&) noexcept;
  MasterKeys& operator=(MasterKeys&&) noexcept;
  ~MasterKeys();

  // Reads the file. Errors: `not_found`; `invalid` when it holds something else than lines of
  // master keys, at most kMaxKeys; `forbidden` when others can read it. Its group may read it when
  // another user owns it (root:authd 0640, systemd credentials), and everybody below /run/secrets/.
  static Result<MasterKeys> load(const std::string& path);

  // The same, but makes the file (mode 0600, durable) when there is none. Two processes at once end
  // with the same key.
  static Result<MasterKeys> load_or_create(const std::string& path, Random& random);

  // Reads the file again. When it holds the key that seals, its keys are the keys from now on; true
  // when they are others than before. Those that are gone from it still open what was read from the
  // store a moment earlier, until forget_former(). Errors: those of load(); `invalid` when the key
  // that seals is not in the file. The keys stay as they were then: whoever takes the file away
  // from a running server breaks nothing.
  Result<bool> reload() const;

  // For a job that comes by every few seconds: the ids of the keys that are gone from the file, at
  // every kCallsUntilFormer-th call; whatever was read before has been opened by then.
  static constexpr int kCallsUntilFormer = 15;
  std::vector<std::string> former_ids() const;
  // Wipes a key that is gone from the file.
  void forget_former(std::string_view id) const;

  // In the order of the file, as it was read last.
  std::vector<std::string> ids() const;
  // What stands in the file.
  SecretKey text() const;
  // Whether the key is there, perhaps only since a moment ago.
  bool holds(std::string_view id) const;

  // The key that seals from now on, if it is held.
  void seal_with(std::string_view id) const;
  std::string sealing_id() const;

  // As MasterKey does it, with the key that seals, and with the one that the value names.
  std::string seal(std::string_view plaintext, std::string_view context, Random& random) const;
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;
  // The same secret, sealed under the key `id`; nullopt when it does not open or that key is not
  // there.
  std::optional<std::string> renew(std::string_view sealed, std::string_view context,
                                   std::string_view id, Random& random) const;

 private:
  struct State;
  explicit MasterKeys(std::unique_ptr<State> state);
  std::shared_ptr<const MasterKey> find(std::string_view id) const;

  std::unique_ptr<State> state_;
};

}  // namespace authd::crypto
