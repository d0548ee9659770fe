// The master keys of a data directory: the lines of one file, usually a single line. While a master
// key is being replaced there are several. Each opens what it sealed, by its id in the sealed
// value, and one of them seals. The data says which one (auth/core/sealing.h); until then, the
// first.
//
// The file may change while a process runs. reload() reads it again, and so does any use of a key
// id that is not held. Thread-safe; const, because what it opens does not change.
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

  // Without a file.
  explicit MasterKeys(MasterKey key);
  MasterKeys(MasterKeys&&) noexcept;
  MasterKeys& operator=(MasterKeys&&) noexcept;
  ~MasterKeys();

  // Reads the file. Errors: `not_found`; `invalid` when it holds anything but lines of master keys,
  // or more than kMaxKeys; `forbidden` when others can read it. Its group may read it when another
  // user owns it (root:authd 0640, systemd credentials), and everybody may below /run/secrets/.
  static Result<MasterKeys> load(const std::string& path);

  // The same, but creates the file (mode 0600, durable) if it does not exist. Two processes that do
  // so at once end up with the same key.
  static Result<MasterKeys> load_or_create(const std::string& path, Random& random);

  // Reads the file again. If it holds the sealing key, its keys are in force from now on; true when
  // they differ from before. Keys removed from the file still open what was read from the store a
  // moment earlier, until forget_former(). Errors: those of load(); `invalid` when the sealing key
  // is not in the file. On an error the keys stay as they were: removing the file under a running
  // server breaks nothing.
  Result<bool> reload() const;

  // For a job that runs every few seconds: the ids of the keys removed from the file, at every
  // kCallsUntilFormer-th call. Whatever was read before then has been opened.
  static constexpr int kCallsUntilFormer = 15;
  std::vector<std::string> former_ids() const;
  // Wipes a key that was removed from the file.
  void forget_former(std::string_view id) const;

  // In the order of the file, as it was read last.
  std::vector<std::string> ids() const;
  // The contents of the file.
  SecretKey text() const;
  // Whether the file has the key; reads the file again if the key is not held.
  bool holds(std::string_view id) const;

  // The key that seals from now on, if it is held.
  void seal_with(std::string_view id) const;
  std::string sealing_id() const;

  // As in MasterKey: seals with the sealing key, opens with the key that the value names.
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
