#include "auth/accounts/people/personal_data.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "support/audit_log.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;

// The log is looked at in batches of 5,000 entries.
TEST_CASE("an export ends where the audit log begins, also where a batch ends there") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const auth::Person caller = caller_of(t, tokens_of(try_login(t, "ann")));
  const auto count = [&] { return audit_rows(t).size(); };
  const size_t before = auth::personal_data(t.services, caller, {})->audit.size();
  while (count() < 4'999) {
    const size_t more =
        std::min<size_t>(4'999 - count(), tables::kWriteBudget / auth::kAuditWrites);
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (size_t i = 0; i < more; ++i)
        auth::audit(t.services, tx, {}, {"login", UserId{99}, "refused"}, t.clock.now());
      return {};
    }));
  }
  const auto data = auth::personal_data(t.services, caller, {});
  REQUIRE(data);
  REQUIRE(count() == 5'000);
  CHECK(data->audit.size() == before + 1);
}
