// What every engine does for one caller at a time: the contract of store.h as cases.
#include <numeric>
#include <set>

#include "engines.h"

using namespace authd;
using namespace authd::store;
using authd::test::Engine;

namespace {

// Rows as "key=value key=value".
std::string rows(Store& store, std::string_view first = "", std::string_view last = "") {
  const Result<std::string> all = store.read([&](ReadTxn& tx) -> Result<std::string> {
    std::string text;
    tx.scan(first, last, [&](std::string_view key, std::string_view value) {
      if (!text.empty()) text += " ";
      text += std::string(key) + "=" + std::string(value);
      return true;
    });
    return text;
  });
  return all.value();
}

std::optional<std::string> get(Store& store, std::string_view key) {
  return store.read([&](ReadTxn& tx) -> Result<std::optional<std::string>> { return tx.get(key); })
      .value();
}

Result<void> put(Store& store, std::string_view key, std::string_view value) {
  return store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put(key, value);
    return {};
  });
}

void put_all(Store& store, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    REQUIRE(put(store, key, "v"));
}

const Error kRefusal{ErrorCode::conflict, "taken", "email"};

}  // namespace

CONFORMANCE("an absent key is nullopt, for readers and writers") {
  CHECK(get(engine.store(), "nothing") == std::nullopt);
  const auto seen = engine.store().write(
      [](WriteTxn& tx) -> Result<std::optional<std::string>> { return tx.get("nothing"); });
  CHECK(seen.value() == std::nullopt);
}

CONFORMANCE("a committed value is read back, also after the store was closed") {
  REQUIRE(put(engine.store(), "a", "one"));
  CHECK(get(engine.store(), "a") == "one");
  engine.reopen();
  CHECK(get(engine.store(), "a") == "one");
}

CONFORMANCE("a value is looked at as it would be copied, by readers and writers") {
  Store& store = engine.store();
  REQUIRE(put(store, "a", std::string("on\0e", 4)));
  REQUIRE(put(store, "empty", ""));
  const auto look_at = [](Reader& tx, std::string_view key) -> std::optional<std::string> {
    std::optional<std::string> seen;
    const bool is_there = tx.look(key, [&](std::string_view value) { seen = value; });
    CHECK(is_there == seen.has_value());
    return seen;
  };
  REQUIRE(store.read([&](ReadTxn& tx) -> Result<void> {
    for (const std::string_view key : {"a", "empty", "nothing"})
      CHECK(look_at(tx, key) == tx.get(key));
    return {};
  }));
  REQUIRE(store.write([&](WriteTxn& tx) -> Result<void> {
    tx.put("a", "two");
    tx.del("empty");
    for (const std::string_view key : {"a", "empty", "nothing"})
      CHECK(look_at(tx, key) == tx.get(key));
    return {};
  }));
  // An exception thrown by the visitor is a fault like any other, and nothing remains open.
  const Result<void> failed = store.read([&](ReadTxn& tx) -> Result<void> {
    tx.look("a", [](std::string_view) { throw Fault(FaultKind::corrupt, "unreadable"); });
    return {};
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::unavailable);
  CHECK(get(store, "a") == "two");
}

CONFORMANCE("put replaces, del removes, and deleting what is absent is fine") {
  Store& store = engine.store();
  REQUIRE(put(store, "a", "one"));
  REQUIRE(put(store, "a", "two"));
  CHECK(rows(store) == "a=two");
  for (int i = 0; i < 2; ++i) {
    REQUIRE(store.write([](WriteTxn& tx) -> Result<void> {
      tx.del("a");
      return {};
    }));
    CHECK(rows(store).empty());
  }
}

CONFORMANCE("a writer sees its own puts and dels") {
  REQUIRE(put(engine.store(), "old", "x"));
  const auto seen = engine.store().write([](WriteTxn& tx) -> Result<std::string> {
    tx.put("new", "1");
    tx.del("old");
    std::string found = tx.get("new").value_or("-") + tx.get("old").value_or("-");
    tx.put("old", "2");
    tx.del("new");
    return found + tx.get("new").value_or("-") + tx.get("old").value_or("-");
  });
  CHECK(seen.value() == "1--2");
  CHECK(rows(engine.store()) == "old=2");
}

CONFORMANCE("an Error comes back as it is, and nothing of the write remains") {
  REQUIRE(put(engine.store(), "a", "one"));
  const Result<int> refused = engine.store().write([](WriteTxn& tx) -> Result<int> {
    tx.put("a", "two");
    tx.put("b", "two");
    tx.del("a");
    return kRefusal;
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().message == "taken");
  CHECK(refused.error().field == "email");
  CHECK(rows(engine.store()) == "a=one");
}

CONFORMANCE("an Error of a read comes back as it is") {
  const Result<int> refused = engine.store().read([](ReadTxn&) -> Result<int> { return kRefusal; });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "email");
}

CONFORMANCE("the value of a closure comes back, also one that can only be moved") {
  const auto read = engine.store().read(
      [](ReadTxn&) -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); });
  const auto written = engine.store().write([](WriteTxn& tx) -> Result<std::unique_ptr<int>> {
    tx.put("a", "1");
    return std::make_unique<int>(8);
  });
  CHECK(*read.value() + *written.value() == 15);
}

CONFORMANCE("a fault in a closure is unavailable, and undoes only its write") {
  Store& store = engine.store();
  REQUIRE(put(store, "a", "one"));
  const uint64_t faults_before = store.stats().faults;
  const Result<void> failed = store.write([](WriteTxn& tx) -> Result<void> {
    tx.put("a", "two");
    throw Fault(FaultKind::corrupt, "a row that cannot be");
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::unavailable);
  const Result<void> unread = store.read(
      [](ReadTxn&) -> Result<void> { throw Fault(FaultKind::corrupt, "a row that cannot be"); });
  CHECK(unread.error().code == ErrorCode::unavailable);
  CHECK(store.stats().faults >= faults_before + 2);
  CHECK(failed.error().message.find("row") == std::string::npos);  // The cause is for the log.
  CHECK(rows(store) == "a=one");
  CHECK(put(store, "a", "three"));
}

CONFORMANCE("any other exception that leaves a closure is unavailable as well") {
  Store& store = engine.store();
  const Result<void> of_memory = store.write([](WriteTxn& tx) -> Result<void> {
    tx.put("a", "1");
    throw std::bad_alloc();
  });
  const Result<void> of_number = store.write([](WriteTxn&) -> Result<void> { throw 7; });
  const Result<void> of_reader = store.read([](ReadTxn&) -> Result<void> { throw 7; });
  CHECK(of_memory.error().code == ErrorCode::unavailable);
  CHECK(of_number.error().code == ErrorCode::unavailable);
  CHECK(of_reader.error().code == ErrorCode::unavailable);
  CHECK(rows(store).empty());
  CHECK(put(store, "a", "2"));
}

CONFORMANCE("a scan gives keys in the order of their bytes, as unsigned numbers") {
  using namespace std::string_literals;
  const std::vector<std::string> sorted = {"\0"s, "\0\0"s,  "\0a"s,   "a"s,    "a\0"s,
                                           "aa"s, "a\x7f"s, "a\x80"s, "\x80"s, "\xff\xff"s};
  std::vector<std::string> shuffled(sorted.rbegin(), sorted.rend());
  std::swap(shuffled[1], shuffled[6]);
  put_all(engine.store(), shuffled);
  const auto keys = engine.store().read([](ReadTxn& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> found;
    tx.scan("", "", [&](std::string_view key, std::string_view) {
      found.emplace_back(key);
      return true;
    });
    return found;
  });
  CHECK(keys.value() == sorted);
}

CONFORMANCE("a scan includes first, excludes last, and neither has to exist") {
  Store& store = engine.store();
  put_all(store, {"a", "b", "d"});
  CHECK(rows(store, "a", "d") == "a=v b=v");
  CHECK(rows(store, "b") == "b=v d=v");
  CHECK(rows(store, "", "b") == "a=v");
  CHECK(rows(store, "aa", "c") == "b=v");
  CHECK(rows(store, "c", "z") == "d=v");
  CHECK(rows(store, "e").empty());
  CHECK(rows(store, "b", "b").empty());
  CHECK(rows(store, "d", "a").empty());
  CHECK(rows(store, std::string(600, 'a')) == "b=v d=v");  // A bound may be longer than a key.
  CHECK(rows(store, "", std::string(600, 'b')) == "a=v b=v");
}

CONFORMANCE("a scan back gives the same keys in the opposite order") {
  Store& store = engine.store();
  const auto back = [&](const std::string& first, const std::string& last) {
    return store
        .read([&](ReadTxn& tx) -> Result<std::string> {
          std::string text;
          tx.scan_back(first, last, [&](std::string_view key, std::string_view value) {
            text +=
                std::string(text.empty() ? "" : " ") + std::string(key) + "=" + std::string(value);
            return key != "stop";
          });
          return text;
        })
        .value();
  };
  CHECK(back("", "").empty());
  CHECK(back("a", "b").empty());
  put_all(store, {"a", "b", "d"});
  CHECK(back("", "") == "d=v b=v a=v");
  CHECK(back("a", "d") == "b=v a=v");
  CHECK(back("b", "") == "d=v b=v");
  CHECK(back("", "b") == "a=v");
  CHECK(back("aa", "c") == "b=v");
  CHECK(back("c", "z") == "d=v");
  CHECK(back("e", "").empty());
  CHECK(back("", "a").empty());
  CHECK(back("b", "b").empty());
  CHECK(back("d", "a").empty());
  CHECK(back("", std::string(600, 'b')) == "b=v a=v");
  put_all(store, {"stop"});
  CHECK(back("", "") == "stop=v");
}

CONFORMANCE("a scan of an empty store visits nothing") {
  CHECK(rows(engine.store()).empty());
  CHECK(rows(engine.store(), "a", "b").empty());
}

CONFORMANCE("a scan ends when the visitor has enough, and another one can follow") {
  put_all(engine.store(), {"a", "b", "c"});
  const auto seen = engine.store().read([](ReadTxn& tx) -> Result<std::string> {
    std::string text;
    for (const std::string_view first : {"a", "b"}) {
      size_t left = 2;
      tx.scan(first, "", [&](std::string_view key, std::string_view) {
        text += key;
        return --left > 0;
      });
    }
    return text + tx.get("c").value_or("-");
  });
  CHECK(seen.value() == "abbcv");
}

CONFORMANCE("a visitor may read other rows, and an exception ends its scan") {
  Store& store = engine.store();
  put_all(store, {"a", "b"});
  const auto seen = store.read([](ReadTxn& tx) -> Result<std::string> {
    std::string text;
    tx.scan("", "", [&](std::string_view key, std::string_view) {
      text += std::string(key) + tx.get("b").value_or("-");
      return true;
    });
    return text;
  });
  CHECK(seen.value() == "avbv");
  const auto thrown = store.read([](ReadTxn& tx) -> Result<void> {
    tx.scan("", "", [](std::string_view, std::string_view) -> bool {
      throw Fault(FaultKind::corrupt, "a row that cannot be");
    });
    return {};
  });
  CHECK(thrown.error().code == ErrorCode::unavailable);
  CHECK(rows(store) == "a=v b=v");
}

CONFORMANCE("keys and values of every byte and up to their limits are kept") {
  Store& store = engine.store();
  std::string every_byte(256, '\0');
  std::iota(every_byte.begin(), every_byte.end(), '\0');
  const std::string long_key = every_byte + every_byte.substr(1);
  const std::string long_value(kMaxValueBytes, '\xff');
  REQUIRE(long_key.size() == kMaxKeyBytes);
  REQUIRE(put(store, long_key, long_value));
  REQUIRE(put(store, std::string(1, '\0'), ""));
  REQUIRE(put(store, every_byte, every_byte));
  engine.reopen();
  CHECK(get(engine.store(), long_key) == long_value);
  CHECK(get(engine.store(), std::string(1, '\0')) == "");
  CHECK(get(engine.store(), every_byte) == every_byte);
  CHECK(get(engine.store(), every_byte.substr(1)) == std::nullopt);
}

CONFORMANCE("a key or a value beyond its limit is a fault of its closure") {
  Store& store = engine.store();
  const std::string long_key(kMaxKeyBytes + 1, 'k');
  CHECK_FALSE(put(store, "", "v"));
  CHECK_FALSE(put(store, long_key, "v"));
  CHECK_FALSE(put(store, "a", std::string(kMaxValueBytes + 1, 'v')));
  for (const std::string& key : {std::string(), long_key}) {
    const auto unread =
        store.read([&](ReadTxn& tx) -> Result<std::optional<std::string>> { return tx.get(key); });
    CHECK(unread.error().code == ErrorCode::unavailable);
    const Result<void> kept = store.write([&](WriteTxn& tx) -> Result<void> {
      tx.put("a", "1");
      tx.del(key);
      return {};
    });
    CHECK(kept.error().code == ErrorCode::unavailable);
  }
  CHECK(rows(store).empty());
}

CONFORMANCE("a transaction makes up to 100 writes, and one more is a fault") {
  Store& store = engine.store();
  const auto write_rows = [&](size_t count) {
    return store.write([&](WriteTxn& tx) -> Result<void> {
      for (size_t i = 0; i < count; ++i) {
        const std::string key = "k" + std::to_string(i);
        if (i % 2 == 0)
          tx.put(key, "v");
        else
          tx.del(key);
      }
      return {};
    });
  };
  CHECK_FALSE(write_rows(kMaxWritesPerTransaction + 1));
  CHECK(rows(store).empty());
  CHECK(write_rows(kMaxWritesPerTransaction));
  CHECK(store.stats().entries == kMaxWritesPerTransaction / 2);
}

CONFORMANCE("a closure that answers unavailable says nothing of the store") {
  Store& store = engine.store();
  REQUIRE(put(store, "a", "1"));
  const uint64_t faults = store.stats().faults;
  const Result<void> asked = store.write([](WriteTxn&) -> Result<void> {
    return Error{ErrorCode::unavailable, "only a question"};
  });
  CHECK(asked.error().message == "only a question");
  CHECK(store.stats().can_write);
  CHECK(store.stats().faults == faults);
}

CONFORMANCE("the counters tell what happened") {
  Store& store = engine.store();
  const Stats before = store.stats();
  REQUIRE(put(store, "a", "1"));
  REQUIRE(put(store, "b", "1"));
  REQUIRE_FALSE(store.write([](WriteTxn&) -> Result<void> { return kRefusal; }));
  const Stats after = store.stats();
  CHECK(after.writes == before.writes + 2);
  CHECK(after.commits == before.commits + 2);
  CHECK(after.refused > before.refused);
  CHECK(after.batch_sizes[0] == before.batch_sizes[0] + 2);
  CHECK(after.entries == 2);
}

CONFORMANCE("two reads with one snapshot number see the same, and every commit is another number") {
  Store& store = engine.store();
  const auto snapshot = [&] {
    return store.read([](ReadTxn& tx) -> Result<uint64_t> { return tx.snapshot(); }).value();
  };
  REQUIRE(put(store, "a", "one"));
  const uint64_t first = snapshot();
  CHECK(snapshot() == first);
  CHECK_FALSE(store.write([](WriteTxn& tx) -> Result<void> {
    tx.put("a", "two");
    return kRefusal;
  }));
  CHECK(snapshot() == first);
  if (first == 0) return;  // This engine does not number them.
  std::vector<uint64_t> seen{first};
  for (const char* value : {"two", "one", "two"}) {
    REQUIRE(put(store, "a", value));
    seen.push_back(snapshot());
  }
  REQUIRE(store.write([](WriteTxn& tx) -> Result<void> {
    tx.del("a");
    return {};
  }));
  seen.push_back(snapshot());
  CHECK(std::set<uint64_t>(seen.begin(), seen.end()).size() == seen.size());
}
