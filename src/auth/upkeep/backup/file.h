// What is inside a backup, below the sealed stream (crypto/sealed_stream.h): first a row that says
// what it is, then every record of the store in order of the keys, then their number.
//
//   length (varint), BackupInfo; { key length, key, value length, value }…; 0, number of records
//
// It knows keys and values only, so a backup of one engine is restored into another. The values
// that are sealed stay so: without the master key, which is not in the backup unless it was asked
// for, nobody is signed in by it.
#pragma once

#include <string>

#include "base/time.h"
#include "crypto/sealed_stream.h"
#include "store/store.h"

namespace authd::auth::backup {

struct BackupInfo {
  std::string version;  // of the authd that made it
  Time created_at;
  std::string master_key_id;  // of the key that seals (older values may need the one before it)
  std::string master_key;     // the keys, as their file has them; empty: not in the backup
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "version", self.version);
    visit(2, "created_at", self.created_at);
    visit(3, "master_key_id", self.master_key_id);
    visit.secret(4, "master_key", self.master_key);
  }
};

// Writes all of one committed state of the store; returns the number of records. Errors: of the
// store and of the stream's sink.
Result<uint64_t> write_backup(store::Store& store, const BackupInfo& info,
                              crypto::StreamSealer& out);

// Reads the payload of an unlocked stream: info() first, then next() until it returns false.
class Reader {
 public:
  explicit Reader(crypto::StreamOpener& in) : in_(in) {}

  // Error: `invalid` when the stream does not open or holds no backup; here and below.
  Result<BackupInfo> info();
  // The next record; the views are good until the next call. False: that was all, and nothing is
  // missing.
  Result<bool> next(std::string_view& key, std::string_view& value);
  uint64_t records() const { return records_; }

 private:
  Result<bool> fill(size_t size);
  Result<uint64_t> take_number();
  Result<std::string_view> take(uint64_t size);

  crypto::StreamOpener& in_;
  std::string buffer_;
  size_t at_ = 0;  // what of the buffer is used up
  uint64_t records_ = 0;
};

}  // namespace authd::auth::backup
