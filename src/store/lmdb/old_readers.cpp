#include "store/lmdb/old_readers.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <vector>

#include "base/process.h"
#include "store/lmdb/error.h"

namespace authd::store {
namespace {

// The next word of the line as a number; false if it is not one.
template <typename T>
bool take_number(std::string_view& line, T& number, int base) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), number, base);
  line.remove_prefix(static_cast<size_t>(end - line.data()));
  return failure == std::errc();
}

}  // namespace

// "      4711 7f0c1a2b3c40 123"; an idle reader has "-" as its state.
std::optional<OldReaders::Id> OldReaders::parse(std::string_view line) {
  Id id;
  if (!take_number(line, id.process, 10) || !take_number(line, id.thread, 16) ||
      !take_number(line, id.snapshot, 10)) {
    return std::nullopt;
  }
  return id;
}

// LMDB calls it, so it must not throw.
int OldReaders::take_line(const char* line, void* found) {
  try {
    if (const std::optional<Id> id = parse(line))
      static_cast<std::vector<Id>*>(found)->push_back(*id);
    return 0;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

std::optional<OldReader> OldReaders::look(MDB_env* env, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  // The entry of a killed process pins pages as well, until somebody clears it.
  mdb_reader_check(env, nullptr);
  std::vector<Id> found;
  if (mdb_reader_list(env, &OldReaders::take_line, &found) < 0) throw std::bad_alloc();
  MDB_envinfo info;
  check_lmdb(mdb_env_info(env, &info), "read");
  Table seen;
  for (const Id& id : found) {
    if (id.snapshot >= info.me_last_txnid) continue;
    const auto before = seen_.find(id);
    seen.emplace(id, before == seen_.end() ? Seen{now, now} : before->second);
  }
  seen_ = std::move(seen);
  if (seen_.empty()) return std::nullopt;
  const auto oldest = std::min_element(
      seen_.begin(), seen_.end(),
      [](const auto& a, const auto& b) { return a.first.snapshot < b.first.snapshot; });
  const OldReader reader{oldest->first.process, info.me_last_txnid - oldest->first.snapshot,
                         std::chrono::duration_cast<Milliseconds>(now - oldest->second.first)};
  tell(reader, oldest->second, now);
  return reader;
}

void OldReaders::tell(const OldReader& reader, Seen& seen, SteadyTime now) {
  if (now - seen.told < kTellAfter) return;
  seen.told = now;
  log_.warn("a reader keeps an old state of the database, so the file grows",
            {{"holder", describe_process(reader.process)},
             {"seconds", std::chrono::duration_cast<Seconds>(reader.age).count()},
             {"commits_since", reader.commits_since},
             {"do", "let it finish, resume it (kill -CONT), or end it"}});
}

}  // namespace authd::store
