// Fills a data directory for `make bench`, and measures what a commit costs there.
//   bench_fill DIR users N    adds N users "user1" … with the hash of "correct horse battery"
//   bench_fill DIR commits N  prints durable commits per second, one writer
#include <chrono>
#include <cstdio>
#include <string>

#include "config/load.h"
#include "server/instance.h"
#include "tables/users.h"

namespace {

using namespace authd;

// Three writes per user: the row and two names.
constexpr uint64_t kUsersPerCommit = store::kMaxWritesPerTransaction / 4;

Result<void> add_users(const auth::Services& s, uint64_t count) {
  const std::string hash = TRY(s.hasher.hash(Password("correct horse battery")));
  for (uint64_t done = 0; done < count; done += kUsersPerCommit) {
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (uint64_t i = done; i < std::min(done + kUsersPerCommit, count); ++i) {
        tables::User user;
        user.id = UserId{tables::next_number(tx, "user_id")};
        user.username = "user" + std::to_string(i + 1);
        user.email = user.username + "@example.org";
        user.password_hash = hash;
        user.role_ids = {1};
        user.created_at = s.clock.now();
        tables::put_user(tx, user);
      }
      return {};
    }));
  }
  return {};
}

Result<void> measure_commits(const auth::Services& s, uint64_t count) {
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < count; ++i) {
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::numbers.put(tx, "bench", {i, {}});
      return {};
    }));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", static_cast<double>(count) / took.count());
  return {};
}

Result<void> run(const std::string& directory, const std::string& what, uint64_t count) {
  config::Sources sources;
  sources.default_file.clear();
  sources.flags = {{"server.data_dir", directory, "DIR"}};
  const config::Loaded loaded = TRY(config::load(sources));
  const SystemClock clock;
  SystemRandom random;
  const auto instance = TRY(server::Instance::open(loaded.config, null_log(), clock, random));
  return what == "users" ? add_users(instance->services(), count)
                         : measure_commits(instance->services(), count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "bench_fill DIR users|commits N\n");
    return 2;
  }
  const Result<void> done = run(argv[1], argv[2], std::stoull(argv[3]));
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done ? 0 : 1;
}
