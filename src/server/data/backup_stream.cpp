#include "server/data/backup_stream.h"

#include <unistd.h>

#include <cerrno>

#include "auth/core/sealing.h"
#include "base/file.h"

namespace authd::server {
namespace {

Error failed(const char* action, const std::string& path, int error_number) {
  return Error{ErrorCode::unavailable,
               std::string("cannot ") + action + " " + path + ": " + system_message(error_number)};
}

}  // namespace

Result<uint64_t> write_backup_to(const TemporaryFile& file, store::Store& store,
                                 const auth::backup::BackupInfo& info,
                                 const crypto::StreamSecret& secret, Random& random,
                                 const Stopping& stopping) {
  const auto sink = [&](std::string_view bytes) -> Result<void> {
    if (is_asked(stopping)) return given_up();
    return write_all(file.fd(), bytes, file.path());
  };
  crypto::StreamSealer sealer = TRY(crypto::StreamSealer::begin(secret, random, sink));
  const uint64_t records = TRY(auth::backup::write_backup(store, info, sealer));
  if (fsync(file.fd()) != 0) return failed("write", file.path(), errno);
  return records;
}

Result<auth::backup::BackupInfo> backup_info(store::Store& store, Time now) {
  auth::backup::BackupInfo info;
  info.version = AUTHD_VERSION;
  info.created_at = now;
  info.master_key_id = TRY(
      store.read([](store::ReadTxn& tx) -> Result<std::string> { return auth::sealing_key(tx); }));
  return info;
}

Result<uint64_t> write_plain_backup(store::Store& store, const auth::backup::BackupInfo& info,
                                    Random& random, const std::string& name,
                                    const Stopping& stopping) {
  TemporaryFile file(name);
  if (file.fd() < 0) return failed("write", name, errno);
  const uint64_t records = TRY(write_backup_to(file, store, info, {}, random, stopping));
  TRY(file.keep_as(name, true));
  return records;
}

crypto::StreamOpener::Source source_of(int fd, std::string name) {
  return [fd, name = std::move(name)](char* data, size_t size) -> Result<size_t> {
    while (true) {
      const ssize_t got = read(fd, data, size);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return failed("read", name, errno);
    }
  };
}

Result<Loaded> load_backup(crypto::StreamOpener::Source source, const AskSecret& ask,
                           const KeepsRecord& keeps, const store::Options& options) {
  crypto::StreamOpener opener(std::move(source));
  const crypto::StreamLock lock = TRY(opener.begin());
  TRY(opener.unlock(TRY(ask(lock))));
  auth::backup::Reader reader(opener);
  Loaded loaded;
  loaded.info = TRY(reader.info());
  TRY(store::load(options, [&](std::string_view& key, std::string_view& value) -> Result<bool> {
    while (TRY(reader.next(key, value))) {
      if (!keeps || keeps(key)) return true;
    }
    return false;
  }));
  loaded.records = reader.records();
  return loaded;
}

}  // namespace authd::server
