// Data as each release wrote it (tests/golden/schema-<n>*.txt: a key and a value in hex per line),
// brought to the current schema and used.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "auth/core/audit/audit.h"
#include "auth/upkeep/check.h"
#include "base/encoding.h"
#include "support/every_row.h"
#include "support/golden.h"
#include "support/instance.h"
#include "support/people.h"
#include "tables/migrations.h"
#include "tables/stat.h"

namespace authd::auth {
namespace {

namespace fs = std::filesystem;

// How a fixture is made, once for each schema: unit_auth "[.make-fixture]", then the file is
// renamed.
TEST_CASE("the data of this release is written down", "[.make-fixture]") {
  test::Instance i;
  test::add_user(i, "ann");
  test::tokens_of(test::try_login(i, "ann"));
  CHECK_FALSE(test::try_login(i, "ann", {}, "another password"));
  test::put_every_row(i);
  REQUIRE(write_checkpoint(i.services, i.clock.now(), Milliseconds(0)).value());
  std::ofstream out(test::golden_directory() / "schema-new.txt");
  REQUIRE(i.store.copy([&](std::string_view key, std::string_view value) -> Result<void> {
    out << hex_encode(key) << " " << hex_encode(value) << "\n";
    return {};
  }));
}

TEST_CASE("the data of every release is upgraded, whole, and lets people in") {
  size_t fixtures = 0;
  for (const auto& file : fs::directory_iterator(test::golden_directory())) {
    CAPTURE(file.path().string());
    test::Instance i(test::Instance::default_config(),
                     [&](store::Store& store) { test::load_golden(store, file.path()); });
    CHECK(tables::schema_version(i.store).value() == tables::kSchemaVersion);
    const auto report = check_store(i.services);
    REQUIRE(report);
    CHECK(report->findings == std::vector<std::string>{});
    i.clock.advance(std::chrono::hours(1));
    test::tokens_of(test::try_login(i, "ann"));
    fixtures += 1;
  }
  CHECK(fixtures >= 3);
}

TEST_CASE("the fixture of this schema has a row of every table") {
  test::MemoryStore store;
  const std::string name = "schema-" + std::to_string(tables::kSchemaVersion) + ".txt";
  test::load_golden(store, test::golden_directory() / name);
  const auto sizes = tables::table_sizes(store);
  REQUIRE(sizes);
  for (const tables::TableSize& size : *sizes) {
    CAPTURE(size.name);
    CHECK(size.rows > 0);
  }
}

}  // namespace
}  // namespace authd::auth
