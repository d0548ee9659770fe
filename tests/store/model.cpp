// Random operations on every engine and on a plain std::map: after each transaction both hold the
// same rows. The seeds are fixed, so a failure can be repeated.
#include <map>
#include <random>

#include "engines.h"

using namespace authd;
using namespace authd::store;
using authd::test::Engine;

namespace {

using Model = std::map<std::string, std::string, std::less<>>;

class Script {
 public:
  explicit Script(uint64_t seed) : random_(seed) {}

  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }

  // Few enough that keys recur, of all lengths, with bytes from both ends of the range.
  std::string key() {
    const size_t number = below(300);
    std::string key(1, static_cast<char>(number * 37));
    key += std::to_string(number);
    key.append(number % 7 == 0 ? 500 - key.size() : number % 20, static_cast<char>(number));
    return key;
  }

  // Mostly small; some so large that LMDB puts them on pages of their own.
  std::string value() {
    const size_t kind = below(20);
    const size_t size = kind == 0 ? below(kMaxValueBytes + 1) : kind < 4 ? below(6000) : below(200);
    return std::string(size, static_cast<char>(below(256)));
  }

 private:
  std::mt19937_64 random_;
};

// Makes the same random changes to both; some writes are refused, which changes neither.
bool same_transaction(Store& store, Model& model, uint64_t seed) {
  Model changed;
  bool reads_agree = true;
  const Result<void> done = store.write([&](WriteTxn& tx) -> Result<void> {
    changed = model;  // Reset, since the closure may run again.
    Script script(seed);
    const size_t writes = script.below(kMaxWritesPerTransaction) + 1;
    for (size_t i = 0; i < writes; ++i) {
      const std::string key = script.key();
      if (script.below(3) == 0) {
        tx.del(key);
        changed.erase(key);
      } else {
        const std::string value = script.value();
        tx.put(key, value);
        changed.insert_or_assign(key, value);
      }
      const std::string looked_at = script.key();
      const auto row = changed.find(looked_at);
      const std::optional<std::string> found = tx.get(looked_at);
      if (found.has_value() != (row != changed.end()) || (found && *found != row->second)) {
        reads_agree = false;
      }
    }
    if (script.below(5) == 0) return Error{ErrorCode::conflict, "refused"};
    return {};
  });
  if (done) model = std::move(changed);
  return reads_agree && (done || done.error().code == ErrorCode::conflict);
}

// A scan between two random bounds gives the rows of the model.
bool same_scan(Store& store, const Model& model, uint64_t seed) {
  const Result<bool> same = store.read([&](ReadTxn& tx) -> Result<bool> {
    Script script(seed);
    const std::string first = script.below(4) == 0 ? "" : script.key();
    const std::string last = script.below(4) == 0 ? "" : script.key();
    auto expected = model.lower_bound(first);
    bool is_same = true;
    tx.scan(first, last, [&](std::string_view key, std::string_view value) {
      is_same = expected != model.end() && expected->first == key && expected->second == value;
      if (is_same) ++expected;
      return is_same;
    });
    const bool is_at_end = expected == model.end() || (!last.empty() && expected->first >= last);
    if (!is_same || !is_at_end) return false;
    std::vector<std::string> forward;
    for (auto row = model.lower_bound(first); row != expected; ++row)
      forward.push_back(row->first);
    std::vector<std::string> backward;
    tx.scan_back(first, last, [&](std::string_view key, std::string_view) {
      backward.emplace_back(key);
      return true;
    });
    return std::equal(forward.rbegin(), forward.rend(), backward.begin(), backward.end());
  });
  return same && *same;
}

}  // namespace

CONFORMANCE("random transactions leave what a map would hold") {
  Model model;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    REQUIRE(same_transaction(engine.store(), model, seed));
    REQUIRE(same_scan(engine.store(), model, seed * 1000));
    REQUIRE(engine.store().stats().entries == model.size());
    if (seed % 25 == 0) engine.reopen();
  }
}
