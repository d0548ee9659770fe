#include "auth/core/limits/used_once.h"

#include <catch2/catch.hpp>

#include "support/instance.h"

namespace authd::auth {
namespace {

struct Marks {
  bool use(std::string_view kind, std::string_view text) {
    return t.services.store
        .write([&](store::WriteTxn& tx) -> Result<bool> {
          return use_once(tx, kind, text, t.clock.now() + std::chrono::minutes(5));
        })
        .value();
  }
  bool is_marked(std::string_view kind, std::string_view text) {
    return t.services.store
        .read([&](store::ReadTxn& tx) -> Result<bool> { return is_used(tx, kind, text); })
        .value();
  }

  test::Instance t;
};

TEST_CASE("a text counts once for each kind") {
  Marks m;
  CHECK_FALSE(m.is_marked(once::kAssertion, "x"));
  CHECK(m.use(once::kAssertion, "x"));
  CHECK(m.is_marked(once::kAssertion, "x"));
  CHECK_FALSE(m.use(once::kAssertion, "x"));
  CHECK(m.use(once::kDpopProof, "x"));
  CHECK(m.use(once::kAssertion, "y"));
}

}  // namespace
}  // namespace authd::auth
