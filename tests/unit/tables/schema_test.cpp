#include "tables/schema.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace authd;

TEST_CASE("every table has a prefix and a name of its own") {
  std::set<char> prefixes;
  std::set<std::string> names;
  for (const tables::TableInfo& table : tables::all_tables()) {
    INFO(table.name);
    CHECK(prefixes.insert(table.prefix).second);
    CHECK(names.insert(table.name).second);
    CHECK(tables::find_table(table.prefix) == &table);
  }
  CHECK_FALSE(prefixes.empty());
  CHECK(tables::find_table('\0') == nullptr);
}
