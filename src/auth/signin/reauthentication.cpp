#include "auth/signin/reauthentication.h"

#include "auth/accounts/password_check.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/attempts.h"
#include "auth/core/audit.h"
#include "auth/sessions/access_token.h"
#include "base/refusal.h"
#include "tables/sessions.h"

namespace authd::auth {

Result<void> reauthenticate(const Services& s, const Person& caller, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin) {
  const UserId id = caller.user().id;
  const Attempt attempt = TRY(Attempt::in_session(s, caller.session()));
  const bool by_password = !password.empty() && TRY(verify_password(s, caller.user(), password));
  const Time now = s.clock.now();
  const Result<bool> proved = s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    auto [session, user] = TRY(still_signed_in(tx, caller, now));
    const bool is_proved =
        by_password || (answer && prove_second_factor({s, tx, user, nullptr, now}, *answer));
    if (!is_proved) return false;
    attempt.succeed(tx);
    session.auth_time = now;
    tables::update_session(tx, session);
    audit(s, tx, origin, {"reauthenticated", id}, now);
    return true;
  });
  if (!proved) return proved.error();
  if (*proved) return {};
  return record_failure(
      s, attempt, origin, {"reauthenticated", id, "refused"},
      refused(ErrorCode::forbidden, "wrong_credentials", "The password or the code is wrong."));
}

}  // namespace authd::auth
