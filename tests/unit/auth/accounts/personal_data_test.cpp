#include "auth/accounts/personal_data.h"

#include <algorithm>

#include "auth/core/audit.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;

// The log is looked at in batches of 5,000 entries.
TEST_CASE("an export ends where the audit log begins, also where a batch ends there") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auth::Caller caller = caller_of(t, tokens_of(try_login(t, "ann")));
  const auto last = [&] {
    return t.store
        .read([](store::ReadTxn& tx) -> Result<uint64_t> {
          return tables::audit_heads.find(tx, "current").value_or(tables::AuditHead{}).last;
        })
        .value();
  };
  const size_t before = auth::personal_data(t.services, caller, {})->audit.size();
  while (last() < 4'999) {
    const uint64_t count =
        std::min<uint64_t>(4'999 - last(), tables::kWriteBudget / auth::kAuditWrites);
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (uint64_t i = 0; i < count; ++i)
        auth::audit(t.services, tx, {}, {"login", UserId{99}, "refused"}, t.clock.now());
      return {};
    }));
  }
  const auto data = auth::personal_data(t.services, caller, {});
  REQUIRE(data);
  REQUIRE(last() == 5'000);
  CHECK(data->audit.size() == before + 1);
}
