// Several nodes on one PostgreSQL: what the contract of store.h does not say of one process.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "engines.h"
#include "postgresql_server.h"
#include "scratch.h"
#include "store/cluster.h"
#include "store/engine.h"

using namespace authd;
using namespace authd::store;
using authd::test::comes_true;
using authd::test::number;
using authd::test::on_threads;
using authd::test::postgresql_url;
using authd::test::RecordedLog;
using authd::test::run_sql;
using authd::test::ScratchDirectory;

namespace {

class Cluster {
 public:
  explicit Cluster(int nodes) : schema_(test::fresh_schema()) {
    for (int i = 0; i < nodes; ++i) {
      directories_.push_back(std::make_unique<ScratchDirectory>());
      stores_.emplace_back();
      open(i);
    }
  }
  ~Cluster() {
    stores_.clear();
    run_sql("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE");
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Store& operator[](int node) { return *stores_[static_cast<size_t>(node)]; }
  const std::string& schema() const { return schema_; }
  RecordedLog& log() { return log_; }

  Options options(int node) const {
    Options made;
    made.engine = "postgresql";
    made.directory = directories_[static_cast<size_t>(node)]->path();
    made.max_bytes = 1ull << 30;
    made.url = postgresql_url();
    made.schema = schema_;
    made.node = "node" + std::to_string(node);
    made.lease = Milliseconds(60'000);  // The machine of a test may be slow.
    made.is_server = true;
    return made;
  }
  void close(int node) { stores_[static_cast<size_t>(node)].reset(); }
  Result<void> try_open(int node) {
    Result<std::unique_ptr<Store>> opened = store::open(options(node), log_);
    if (!opened) return opened.error();
    stores_[static_cast<size_t>(node)] = std::move(*opened);
    return {};
  }
  void open(int node) {
    if (const Result<void> opened = try_open(node); !opened) {
      throw std::runtime_error(opened.error().message);
    }
  }
  void sql(const std::string& text) { run_sql("SET search_path = " + schema_ + ";" + text); }

 private:
  std::string schema_;
  RecordedLog log_;
  std::vector<std::unique_ptr<ScratchDirectory>> directories_;
  std::vector<std::unique_ptr<Store>> stores_;
};

Result<void> put(Store& store, std::string_view key, std::string_view value) {
  return store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put(key, value);
    return {};
  });
}

std::optional<std::string> get(Store& store, std::string_view key) {
  return store.read([&](ReadTxn& tx) -> Result<std::optional<std::string>> { return tx.get(key); })
      .value();
}

using Content = std::map<std::string, std::string>;

Content content(Store& store) {
  Content all;
  const Result<void> copied =
      store.copy([&](std::string_view key, std::string_view value) -> Result<void> {
        all.emplace(key, value);
        return {};
      });
  REQUIRE(copied);
  return all;
}

Result<void> add_one(Store& store, std::string_view key) {
  return store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put(key, std::to_string(number(tx, key) + 1));
    return {};
  });
}

}  // namespace

TEST_CASE("what one node committed, another one does not deny", "[cluster]") {
  Cluster nodes(2);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    REQUIRE(put(nodes[i % 2], key, "here"));
    REQUIRE(get(nodes[1 - i % 2], key) == "here");  // nullopt is looked at twice
    const Result<std::string> read = nodes[1 - i % 2].read([&](ReadTxn& tx) -> Result<std::string> {
      const auto found = tx.get(key + "b");
      if (!found) return Error{ErrorCode::not_found, "absent"};
      return *found;
    });
    CHECK(read.error().code == ErrorCode::not_found);
    // Any other value that rests on absent rows, by key or in a range.
    const std::string next = "next" + std::to_string(i);
    REQUIRE(put(nodes[i % 2], next, "here"));
    Store& other = nodes[1 - i % 2];
    CHECK(other.read([&](ReadTxn& tx) -> Result<bool> { return tx.get(next).has_value(); }) ==
          true);
    const std::string last = "last" + std::to_string(i);
    REQUIRE(put(nodes[i % 2], last, "here"));
    const Result<int> count = other.read([&](ReadTxn& tx) -> Result<int> {
      int rows = 0;
      tx.scan(last, last + "~", [&](std::string_view, std::string_view) { return ++rows > 0; });
      return rows;
    });
    CHECK(count == 1);
  }
  REQUIRE(nodes[0].write([](WriteTxn& tx) -> Result<void> {
    tx.del("key1");
    return {};
  }));
  CHECK(comes_true([&] { return !get(nodes[1], "key1"); }));
  CHECK(content(nodes[0]) == content(nodes[1]));
  CHECK(content(nodes[0]).size() == 299);
}

TEST_CASE("a refusal rests on the newest state of all nodes", "[cluster]") {
  Cluster nodes(2);
  for (int i = 0; i < 50; ++i) {
    const std::string key = "name" + std::to_string(i);
    REQUIRE(put(nodes[0], key, "taken"));
    const Result<void> second = nodes[1].write([&](WriteTxn& tx) -> Result<void> {
      if (tx.get(key)) return Error{ErrorCode::conflict, "taken"};
      tx.put(key, "mine");
      return {};
    });
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
    // The other way round: what is gone is no reason to refuse.
    REQUIRE(nodes[0].write([&](WriteTxn& tx) -> Result<void> {
      tx.del(key);
      return {};
    }));
    CHECK(nodes[1].write([&](WriteTxn& tx) -> Result<void> {
      if (tx.get(key)) return Error{ErrorCode::conflict, "taken"};
      return {};
    }));
  }
}

TEST_CASE("increments of one counter by three nodes are all counted", "[cluster]") {
  Cluster nodes(3);
  constexpr int kThreads = 9;
  constexpr int kRounds = 40;
  std::atomic<int> failures = 0;
  on_threads(kThreads, [&](int t) {
    for (int i = 0; i < kRounds; ++i)
      failures += add_one(nodes[t % 3], "counter") ? 0 : 1;
  });
  CHECK(failures == 0);
  for (int i = 0; i < 3; ++i)
    CHECK(content(nodes[i]).at("counter") == std::to_string(kThreads * kRounds));
  uint64_t conflicts = 0;
  for (int i = 0; i < 3; ++i)
    conflicts += nodes[i].replication()->conflicts;
  CHECK(conflicts > 0);  // Else the nodes did not get in each other's way at all.
}

// A closure of a group that reads what an earlier one of the group writes must not be committed
// without it. Each thread moves between accounts that all share; one of four is refused.
TEST_CASE("closures that depend on each other stand or fall together", "[cluster]") {
  Cluster nodes(2);
  constexpr int kAccounts = 6;
  const auto account = [](int i) { return "account" + std::to_string(i % kAccounts); };
  REQUIRE(nodes[0].write([&](WriteTxn& tx) -> Result<void> {
    for (int i = 0; i < kAccounts; ++i)
      tx.put(account(i), "100");
    return {};
  }));
  std::atomic<int> failures = 0;
  on_threads(12, [&](int t) {
    for (int i = 0; i < 30; ++i) {
      const Result<void> moved = nodes[t % 2].write([&](WriteTxn& tx) -> Result<void> {
        const int from = number(tx, account(t + i));
        const int to = number(tx, account(t + i * 5 + 1));
        if (account(t + i) == account(t + i * 5 + 1)) return {};
        tx.put(account(t + i), std::to_string(from - 1));
        tx.put(account(t + i * 5 + 1), std::to_string(to + 1));
        if ((t + i) % 4 == 0) return Error{ErrorCode::forbidden, "no"};
        return {};
      });
      const bool is_wanted = moved || moved.error().code == ErrorCode::forbidden;
      failures += is_wanted ? 0 : 1;
    }
  });
  CHECK(failures == 0);
  for (int node = 0; node < 2; ++node) {
    int sum = 0;
    for (const auto& [key, value] : content(nodes[node]))
      sum += std::stoi(value);
    CHECK(sum == 100 * kAccounts);
  }
  CHECK(content(nodes[0]) == content(nodes[1]));
}

// Connections end at any moment, also between a commit and its reply. What was acknowledged has
// happened once; what failed has happened once or not at all, but never twice.
TEST_CASE("connections that are cut lose and double no write", "[cluster]") {
  Cluster nodes(2);
  std::atomic<bool> is_done = false;
  std::thread cutter([&] {
    while (!is_done) {
      run_sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
          "WHERE application_name LIKE 'authd node%'");
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
  });
  std::array<std::atomic<int>, 4> acknowledged{};
  std::array<std::atomic<int>, 4> failed{};
  on_threads(4, [&](int t) {
    for (int i = 0; i < 150; ++i)
      (add_one(nodes[t % 2], "counter" + std::to_string(t)) ? acknowledged : failed)[t] += 1;
  });
  is_done = true;
  cutter.join();
  REQUIRE(comes_true([&] { return put(nodes[0], "last", "1") && put(nodes[1], "last", "2"); }));
  const Content all = content(nodes[0]);
  for (int t = 0; t < 4; ++t) {
    const auto found = all.find("counter" + std::to_string(t));
    const int value = found == all.end() ? 0 : std::stoi(found->second);
    INFO(acknowledged[t] << " acknowledged, " << failed[t] << " failed, counted " << value);
    CHECK(value >= acknowledged[t]);
    CHECK(value <= acknowledged[t] + failed[t]);
  }
  CHECK(acknowledged[0] + acknowledged[1] > 0);
  CHECK(nodes[0].replication()->reconnects > 0);
  CHECK(content(nodes[0]) == content(nodes[1]));
}

TEST_CASE("without PostgreSQL nothing is written, and nothing is read after the lease",
          "[cluster]") {
  Cluster nodes(1);
  REQUIRE(put(nodes[0], "a", "1"));
  nodes.close(0);
  Options options = nodes.options(0);
  options.lease = Milliseconds(1'000);
  RecordedLog log;
  const std::unique_ptr<Store> store = std::move(store::open(options, log).value());
  CHECK(get(*store, "a") == "1");
  const auto reads = [&] {
    return store->read([](ReadTxn& tx) -> Result<bool> { return tx.get("a").has_value(); });
  };
  // No new session is let in, and the running ones end.
  std::string elsewhere = postgresql_url();
  elsewhere.replace(elsewhere.find("/postgres?"), 10, "/template1?");
  run_sql("ALTER DATABASE postgres ALLOW_CONNECTIONS false", elsewhere);
  run_sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE application_name LIKE 'authd node%'",
      elsewhere);
  CHECK(comes_true([&] { return !reads(); }));
  CHECK(reads().error().code == ErrorCode::unavailable);
  CHECK(put(*store, "a", "2").error().code == ErrorCode::unavailable);
  CHECK_FALSE(store->stats().can_write);
  CHECK_FALSE(store->leads());
  run_sql("ALTER DATABASE postgres ALLOW_CONNECTIONS true", elsewhere);
  CHECK(comes_true([&] { return reads().has_value(); }));
  CHECK(comes_true([&] { return put(*store, "a", "3").has_value(); }));
  CHECK(get(*store, "a") == "3");
  CHECK(log.text().find("the cluster is not followed") != std::string::npos);
  CHECK(log.text().find("the cluster is followed again") != std::string::npos);
}

TEST_CASE("one server leads, and another one takes over", "[cluster]") {
  Cluster nodes(3);
  const auto leaders = [&](std::vector<int> of) {
    return std::count_if(of.begin(), of.end(), [&](int node) { return nodes[node].leads(); });
  };
  CHECK(comes_true([&] { return leaders({0, 1, 2}) == 1; }));
  const std::vector<int> all = {0, 1, 2};
  const int first = *std::find_if(all.begin(), all.end(), [&](int i) { return nodes[i].leads(); });
  nodes.close(first);
  std::vector<int> left = all;
  std::erase(left, first);
  CHECK(comes_true([&] { return leaders(left) == 1; }));
  nodes.open(first);
  CHECK(leaders(all) == 1);
}

TEST_CASE("a node that was away follows the log, or copies everything if that is gone",
          "[cluster]") {
  Cluster nodes(2);
  for (int i = 0; i < 200; ++i)
    REQUIRE(put(nodes[0], "early" + std::to_string(i), "1"));
  REQUIRE(comes_true([&] { return content(nodes[1]).size() == 200; }));
  nodes.close(1);
  for (int i = 0; i < 200; ++i)
    REQUIRE(put(nodes[0], "late" + std::to_string(i), std::string(500, 'x')));
  nodes.open(1);
  CHECK(nodes[1].replication()->copies == 0);
  CHECK(content(nodes[1]) == content(nodes[0]));
  nodes.close(1);
  REQUIRE(nodes[0].write([](WriteTxn& tx) -> Result<void> {
    tx.del("early7");
    return {};
  }));
  nodes.sql("DELETE FROM authd_log WHERE rev < (SELECT rev FROM authd_head)");
  nodes.open(1);
  CHECK(nodes[1].replication()->copies == 1);
  CHECK(content(nodes[1]) == content(nodes[0]));
  CHECK(content(nodes[1]).size() == 399);
}

TEST_CASE("a copy of an earlier boot, and a removed one, are copied anew", "[cluster]") {
  Cluster nodes(1);
  REQUIRE(put(nodes[0], "a", "1"));
  const std::string copy = nodes.options(0).directory + "/copy";
  nodes.close(0);
  nodes.open(0);
  CHECK(nodes[0].replication()->copies == 0);
  nodes.close(0);
  std::ofstream(copy + "/boot") << "00000000-0000-0000-0000-000000000000";
  nodes.open(0);
  CHECK(nodes[0].replication()->copies == 1);
  CHECK(get(nodes[0], "a") == "1");
  nodes.close(0);
  std::filesystem::remove_all(copy);
  nodes.open(0);
  CHECK(nodes[0].replication()->copies == 1);
  CHECK(get(nodes[0], "a") == "1");
}

TEST_CASE("a PostgreSQL that lost what a node has seen is not followed", "[cluster]") {
  Cluster nodes(2);
  REQUIRE(put(nodes[0], "a", "1"));
  REQUIRE(put(nodes[0], "a", "2"));
  REQUIRE(comes_true([&] { return get(nodes[1], "a") == "2"; }));
  // What a standby without the last revision looks like when it was promoted.
  const std::string lose =
      "DELETE FROM authd_log WHERE rev = (SELECT rev FROM authd_head);"
      "UPDATE authd_head SET (rev, mark) = (SELECT rev, mark FROM authd_log ORDER BY rev DESC "
      "LIMIT "
      "1);"
      "UPDATE authd_kv SET value = '1' WHERE key = 'a'";
  nodes.sql(lose);
  const auto is_refused = [&](int node) {
    return !nodes[node].read([](ReadTxn&) -> Result<void> { return {}; });
  };
  SECTION("with a head behind it") {
    CHECK(comes_true([&] { return !put(nodes[1], "b", "1"); }));
    nodes.close(1);
    const Result<void> again = nodes.try_open(1);
    REQUIRE_FALSE(again);
    CHECK(again.error().message.find("authd cluster resync") != std::string::npos);
  }
  SECTION("and was written to since") {
    nodes.close(0);
    REQUIRE(discard_copy(nodes.options(0)));
    nodes.open(0);
    for (int i = 0; i < 5; ++i)
      REQUIRE(put(nodes[0], "c", std::to_string(i)));
    CHECK_FALSE(put(nodes[1], "b", "1"));
    nodes.close(1);
    CHECK_FALSE(nodes.try_open(1));
  }
  CHECK(nodes.log().text().find("promoted with loss") != std::string::npos);
  REQUIRE(discard_copy(nodes.options(1)));
  nodes.open(1);
  CHECK_FALSE(is_refused(1));
  CHECK(get(nodes[1], "a") == "1");
  CHECK(put(nodes[1], "a", "3"));
}

TEST_CASE("a schema is filled once, with everything", "[cluster]") {
  ScratchDirectory directory;
  Options options;
  options.engine = "postgresql";
  options.directory = directory.path();
  options.max_bytes = 1ull << 30;
  options.url = postgresql_url();
  options.schema = test::fresh_schema();
  options.node = "one";
  options.lease = Milliseconds(60'000);
  Content records;
  for (int i = 0; i < 3000; ++i)
    records[std::to_string(i)] = std::string(static_cast<size_t>(i % 700), static_cast<char>(i));
  records[std::string("\0\xff", 2)] = std::string(kMaxValueBytes, '\0');
  auto next = records.begin();
  const auto give = [&](std::string_view& key, std::string_view& value) -> Result<bool> {
    if (next == records.end()) return false;
    key = next->first;
    value = next->second;
    ++next;
    return true;
  };
  CHECK(load(options, give) == records.size());
  CHECK(load(options, give).error().code == ErrorCode::conflict);
  {
    const std::unique_ptr<Store> store = std::move(store::open(options, null_log()).value());
    CHECK(content(*store) == records);
    CHECK(put(*store, "a", "b"));
    CHECK(load(options, give).error().code == ErrorCode::conflict);
  }
  // What fails in the middle leaves nothing.
  run_sql("DROP SCHEMA " + options.schema + " CASCADE");
  int left = 2000;
  next = records.begin();
  const Result<uint64_t> failed =
      load(options, [&](std::string_view& key, std::string_view& value) -> Result<bool> {
        if (--left == 0) return Error{ErrorCode::invalid, "broken"};
        return give(key, value);
      });
  CHECK(failed.error().message == "broken");
  next = records.begin();
  CHECK(load(options, give) == records.size());
  run_sql("DROP SCHEMA " + options.schema + " CASCADE");
}

TEST_CASE("the state of a cluster tells of its nodes and of PostgreSQL", "[cluster]") {
  Cluster nodes(2);
  REQUIRE(put(nodes[0], "a", "1"));
  const Options options = nodes.options(0);
  REQUIRE(comes_true([&] {
    const ClusterStatus status = cluster_status(options).value();
    return status.nodes.size() == 2 && status.nodes[0].revision == 1 &&
           status.nodes[1].revision == 1;
  }));
  const ClusterStatus status = cluster_status(options).value();
  CHECK(status.revision == 1);
  CHECK(status.oldest_kept == 0);
  CHECK(status.log_commits == 2);
  CHECK(status.is_primary);
  CHECK_FALSE(status.is_synchronous);
  CHECK(status.is_superuser);
  CHECK(status.nodes[0].name == "node0");
  CHECK(status.nodes[0].version == AUTHD_VERSION);
  CHECK(std::chrono::abs(status.clock_ahead) < Milliseconds(5'000));
  CHECK(forget_node(options, "node0").error().code == ErrorCode::conflict);
  CHECK(forget_node(options, "nobody").error().code == ErrorCode::not_found);
  nodes.close(1);
  nodes.sql("UPDATE authd_nodes SET seen = now() - interval '1 minute' WHERE name = 'node1'");
  CHECK(forget_node(options, "node1"));
  CHECK(cluster_status(options)->nodes.size() == 1);
  Options other = options;
  other.schema = test::fresh_schema();
  CHECK(cluster_status(other).error().code == ErrorCode::not_found);
  other.engine = "lmdb";
  CHECK(cluster_status(other).error().code == ErrorCode::invalid);
}

TEST_CASE("data of a newer format is refused", "[cluster]") {
  Cluster nodes(1);
  nodes.close(0);
  nodes.sql("UPDATE authd_head SET format = 2");
  const Result<void> opened = nodes.try_open(0);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::invalid);
  CHECK(opened.error().message.find("newer authd") != std::string::npos);
}
