// The cost of the store on this machine, in one run: bench_store [directory]. The directory must be
// on the disk to measure; it is created, filled and removed.
#include <lmdb.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/lmdb/engine.h"

namespace authd::store {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr uint64_t kRows = 1'000'000;
constexpr auto kTimePerCase = std::chrono::seconds(3);

std::string key_of(uint64_t number) {
  std::string key = "row/";
  for (int shift = 56; shift >= 0; shift -= 8) {
    key += static_cast<char>(number >> shift);
  }
  return key;
}

// Numbers that look random and repeat from run to run (a linear congruential generator).
class Sequence {
 public:
  explicit Sequence(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 33;
  }

 private:
  uint64_t state_;
};

// Calls `step(thread number, sequence)` on this many threads for kTimePerCase; returns steps per
// second.
template <typename Step>
double rate(int threads, Step step) {
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> steps = 0;
  std::vector<std::thread> running;
  const auto start = steady_clock::now();
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      Sequence sequence(static_cast<uint64_t>(t) + 1);
      uint64_t done = 0;
      while (!stop) {
        step(t, sequence);
        done += 1;
      }
      steps += done;
    });
  }
  std::this_thread::sleep_for(kTimePerCase);
  stop = true;
  for (std::thread& thread : running)
    thread.join();
  return static_cast<double>(steps) / duration<double>(steady_clock::now() - start).count();
}

void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

void fill(Store& store) {
  const std::string value(100, 'v');
  std::vector<std::thread> writers;
  std::atomic<uint64_t> next = 0;
  for (int t = 0; t < 64; ++t) {
    writers.emplace_back([&] {
      for (uint64_t first = next.fetch_add(100); first < kRows; first = next.fetch_add(100)) {
        must(store.write([&](WriteTxn& tx) -> Result<void> {
          for (uint64_t row = first; row < first + 100; ++row)
            tx.put(key_of(row), value);
          return {};
        }));
      }
    });
  }
  for (std::thread& writer : writers)
    writer.join();
}

void bench_writes(Store& store) {
  const std::string value(100, 'w');
  double alone = 0;
  for (const int threads : {1, 2, 8, 64, 128}) {
    const Stats before = store.stats();
    rusage used_before{};
    getrusage(RUSAGE_SELF, &used_before);
    const double writes = rate(threads, [&](int, Sequence& sequence) {
      must(store.write([&](WriteTxn& tx) -> Result<void> {
        tx.put(key_of(sequence.next() % kRows), value);
        return {};
      }));
    });
    const Stats after = store.stats();
    rusage used_after{};
    getrusage(RUSAGE_SELF, &used_after);
    const auto commits = static_cast<double>(after.commits - before.commits);
    const auto committed = static_cast<double>(after.writes - before.writes);
    const auto faults = static_cast<double>(used_after.ru_minflt - used_before.ru_minflt);
    if (threads == 1) alone = writes;
    std::printf(
        "%3d writers   %8.0f writes/s  %5.1f x one  %5.1f writes/commit  %5.2f ms each  "
        "%.1f page faults/write\n",
        threads, writes, writes / alone, committed / commits, threads * 1e3 / writes,
        faults / committed);
  }
}

void bench_reads(Store& store) {
  std::shared_mutex lock;
  const auto point_read = [&](Sequence& sequence) {
    must(store.read([&](ReadTxn& tx) -> Result<void> {
      if (!tx.get(key_of(sequence.next() % kRows))) return Error{ErrorCode::not_found, "a row"};
      return {};
    }));
  };
  for (const int threads : {1, 2, 8}) {
    const double bare = rate(threads, [&](int, Sequence& s) { point_read(s); });
    const double locked = rate(threads, [&](int, Sequence& s) {
      const std::shared_lock shared(lock);
      point_read(s);
    });
    const int cores = std::min<int>(threads, static_cast<int>(std::thread::hardware_concurrency()));
    std::printf(
        "%3d readers   %8.0f reads/s  %6.3f us per read and core;  with a rwlock %6.3f us\n",
        threads, bare, cores * 1e6 / bare, cores * 1e6 / locked);
  }
}

// LMDB itself on one thread: the bound of group commit (synced), and what a nested transaction adds
// to a closure of a group (not synced).
void bench_groups(const std::string& directory, bool is_synced) {
  MDB_env* env = nullptr;
  MDB_dbi table = 0;
  MDB_txn* txn = nullptr;
  mdb_env_create(&env);
  mdb_env_set_mapsize(env, 64ull << 30);
  if (mdb_env_open(env, directory.c_str(), MDB_NOTLS | (is_synced ? 0 : MDB_NOSYNC), 0600) != 0)
    std::exit(1);
  mdb_txn_begin(env, nullptr, 0, &txn);
  mdb_dbi_open(txn, nullptr, 0, &table);
  mdb_txn_commit(txn);
  constexpr int kGroup = 64;
  const std::string value(100, 'n');
  for (const bool is_nested : {false, true}) {
    const double groups = rate(1, [&](int, Sequence& sequence) {
      MDB_txn* whole = nullptr;
      mdb_txn_begin(env, nullptr, 0, &whole);
      for (int i = 0; i < kGroup; ++i) {
        MDB_txn* own = whole;
        if (is_nested) mdb_txn_begin(env, whole, 0, &own);
        const std::string key = key_of(sequence.next() % kRows);
        MDB_val k{key.size(), const_cast<char*>(key.data())};
        MDB_val v{value.size(), const_cast<char*>(value.data())};
        mdb_put(own, table, &k, &v, 0);
        if (is_nested) mdb_txn_commit(own);
      }
      mdb_txn_commit(whole);
    });
    std::printf("LMDB alone    groups of %d, %-10s %-10s  %8.0f puts/s  %6.2f us per put\n", kGroup,
                is_nested ? "nested" : "not nested", is_synced ? "synced" : "not synced",
                groups * kGroup, 1e6 / groups / kGroup);
  }
  mdb_env_close(env);
}

int run(const std::string& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  {
    const auto start = steady_clock::now();
    Result<std::unique_ptr<Store>> opened = open_lmdb({directory}, null_log());
    if (!opened) must(opened.error());
    Store& store = **opened;
    fill(store);
    std::printf("filled        %llu rows in %.1f s\n", static_cast<unsigned long long>(kRows),
                duration<double>(steady_clock::now() - start).count());
    bench_reads(store);
    bench_writes(store);
  }
  bench_groups(directory, true);
  bench_groups(directory, false);
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace authd::store

int main(int argc, char** argv) {
  return authd::store::run(argc > 1 ? argv[1] : "bench-store");
}
