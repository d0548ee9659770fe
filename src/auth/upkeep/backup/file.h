// The contents of a backup, inside the sealed stream (crypto/sealed_stream.h): a row that
// identifies it, then every record of the store in key order, then the number of records.
//
//   length (varint), BackupInfo; { key length, key, value length, value }…; 0, number of records
//
// It contains only keys and values, so a backup of one engine can be restored into another. Sealed
// values stay sealed: nobody can use the backup to sign in without the master key, which is in the
// backup only if the operator asked for it.
#pragma once

#include <string>

#include "base/time.h"
#include "crypto/sealed_stream.h"
#include "store/store.h"

namespace authd::auth::backup {

struct BackupInfo {
  std::string version;  // of the authd that wrote it
  Time created_at;
  std::string master_key_id;  // of the key that seals (older values may need the previous one)
  std::string master_key;     // the keys, as in their file; empty: not in the backup
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "version", self.version);
    visit(2, "created_at", self.created_at);
    visit(3, "master_key_id", self.master_key_id);
    visit.secret(4, "master_key", self.master_key);
  }
};

// Writes one committed state of the whole store; returns the number of records. Errors: those of
// the store and of the stream's sink.
Result<uint64_t> write_backup(store::Store& store, const BackupInfo& info,
                              crypto::StreamSealer& out);

// Reads the payload of an unlocked stream: info() first, then next() until it returns false.
class Reader {
 public:
  explicit Reader(crypto::StreamOpener& in) : in_(in) {}

  // Error, here and below: `invalid` when the stream does not open or is not a backup.
  Result<BackupInfo> info();
  // The next record; the views stay valid until the next call. False: the backup has ended and is
  // complete.
  Result<bool> next(std::string_view& key, std::string_view& value);
  uint64_t records() const { return records_; }

 private:
  Result<bool> fill(size_t size);
  Result<uint64_t> take_number();
  Result<std::string_view> take(uint64_t size);

  crypto::StreamOpener& in_;
  std::string buffer_;
  size_t at_ = 0;  // bytes of the buffer already used
  uint64_t records_ = 0;
};

}  // namespace authd::auth::backup
