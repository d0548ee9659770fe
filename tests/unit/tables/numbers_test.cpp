// Counters (tables::next_number): one number at a time, or in blocks.
#include <catch2/catch.hpp>
#include <set>

#include "support/memory_store.h"
#include "support/rerun_store.h"
#include "tables/schema.h"

namespace authd::tables {
namespace {

uint64_t take(store::Store& store, std::string_view writer) {
  return store
      .write([&](store::WriteTxn& tx) -> Result<uint64_t> {
        return next_number(tx, "id", {.writer = writer, .block = store.number_block()});
      })
      .value();
}

uint64_t row(store::Store& store, std::string_view name) {
  return store
      .read([&](store::ReadTxn& tx) -> Result<uint64_t> {
        return numbers.find(tx, name).value_or(Number{}).value;
      })
      .value();
}

TEST_CASE("where writers wait for each other, no number is left out") {
  test::MemoryStore memory;
  test::RerunStore store(memory);
  CHECK(take(store, "a") == 1);
  CHECK(take(store, "b") == 2);
  CHECK(take(store, "a") == 3);
  CHECK(row(store, "id") == 3);
  CHECK(store.stats().entries == 1);
}

TEST_CASE("a writer that takes blocks meets the others once a block") {
  test::MemoryStore memory(tables::kWriteBudget, 4);
  test::RerunStore store(memory);
  CHECK(take(store, "a") == 1);
  CHECK(row(store, "id") == 4);
  CHECK(take(store, "b") == 5);
  for (const uint64_t expected : {2, 3, 4})
    CHECK(take(store, "a") == expected);
  CHECK(row(store, "id") == 8);
  CHECK(take(store, "a") == 9);
  for (const uint64_t expected : {6, 7, 8, 13})
    CHECK(take(store, "b") == expected);
  CHECK(row(store, "id") == 16);
}

TEST_CASE("a transaction that is refused uses no number up, and none comes twice") {
  test::MemoryStore store(tables::kWriteBudget, 3);
  std::set<uint64_t> seen;
  for (int i = 0; i < 20; ++i) {
    const std::string writer(1, static_cast<char>('a' + i % 3));
    const auto refused = store.write([&](store::WriteTxn& tx) -> Result<void> {
      next_number(tx, "id", {.writer = writer, .block = 3});
      return Error{ErrorCode::conflict, "refused"};
    });
    CHECK_FALSE(refused);
    CHECK(seen.insert(take(store, writer)).second);
  }
  CHECK(row(store, "id") == 24);  // Blocks of three for 7, 7 and 6 numbers: 9, 9 and 6.
}

}  // namespace
}  // namespace authd::tables
