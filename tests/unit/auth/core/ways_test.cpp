#include "auth/core/ways.h"

#include <catch2/catch.hpp>

#include "support/instance.h"
#include "support/people.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// Ends the API keys of the user, and returns the mark.
uint64_t end_keys(test::Instance& t, UserId id) {
  return t.services.store
      .write([&](store::WriteTxn& tx) -> Result<uint64_t> {
        tables::User user = tables::find_user(tx, id).value();
        end_ways(tx, user, {Way::api_key});
        tables::put_user(tx, user);
        return tables::ended_ways.find(tx, tables::big_endian(id.value)).value().epochs;
      })
      .value();
}

TEST_CASE("ways that end get a new mark, although the job has just removed the last one") {
  test::Instance t;
  const UserId id = test::add_user(t, "ann").id;
  const uint64_t first = end_keys(t, id);
  REQUIRE(t.services.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::ended_ways.del(tx, tables::big_endian(id.value));
    return {};
  }));
  CHECK(end_keys(t, id) > first);
}

}  // namespace
}  // namespace authd::auth
