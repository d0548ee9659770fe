// Backup files: the input as a file, the input as the sealed content of a file, and a damaged
// genuine file. A restore gets the records as they were written, or an error.
#include "auth/upkeep/backup/file.h"
#include "seeded_random.h"
#include "support/memory_store.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr size_t kRecords = 20;

crypto::StreamOpener::Source source_of(std::string_view bytes) {
  return [bytes](char* to, size_t size) mutable -> Result<size_t> {
    const size_t taken = bytes.copy(to, size);
    bytes.remove_prefix(taken);
    return taken;
  };
}

std::string sealed(std::string_view payload) {
  SeededRandom random;
  std::string file;
  auto sealer = crypto::StreamSealer::begin({}, random, [&](std::string_view bytes) {
    file += bytes;
    return Result<void>();
  });
  CHECK(sealer && sealer->write(payload) && sealer->finish());
  return file;
}

std::string made_backup() {
  test::MemoryStore store;
  CHECK(store.write([](store::WriteTxn& tx) -> Result<void> {
    for (size_t i = 0; i < kRecords; ++i)
      tx.put("k" + std::to_string(i), std::string(i * 3, 'v'));
    return {};
  }));
  SeededRandom random;
  std::string file;
  auto sealer = crypto::StreamSealer::begin({}, random, [&](std::string_view bytes) {
    file += bytes;
    return Result<void>();
  });
  CHECK(sealer && auth::backup::write_backup(store, {"1", Time(), "0", "", ""}, *sealer));
  return file;
}

// The number of records, if all is intact.
std::optional<uint64_t> read_all(std::string_view file) {
  crypto::StreamOpener opener(source_of(file));
  const auto lock = opener.begin();
  // Trying a passphrase would cost 64 MiB of work for each input.
  if (!lock || *lock != crypto::StreamLock::none || !opener.unlock({})) return std::nullopt;
  auth::backup::Reader reader(opener);
  if (!reader.info()) return std::nullopt;
  std::string_view key;
  std::string_view value;
  while (true) {
    const auto is_there = reader.next(key, value);
    if (!is_there) return std::nullopt;
    if (!*is_there) return reader.records();
    CHECK(!key.empty() && key.size() <= store::kMaxKeyBytes);
    CHECK(value.size() <= store::kMaxValueBytes);
    CHECK(reader.records() <= file.size());
  }
}

}  // namespace

void run(std::string_view input) {
  static const std::string genuine = made_backup();
  read_all(input);
  read_all(sealed(input));
  Dice dice(input);
  const std::string changed = spoiled(genuine, dice);
  const auto records = read_all(changed);
  CHECK(records.has_value() == (changed == genuine));
  CHECK(!records || *records == kRecords);
}

}  // namespace authd::fuzz
