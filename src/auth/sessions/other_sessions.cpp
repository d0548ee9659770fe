#include "auth/sessions/other_sessions.h"

#include "auth/core/audit/audit.h"
#include "auth/core/ways.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/sessions.h"
#include "tables/users.h"

namespace authd::auth {

Result<void> end_sessions_elsewhere(const Services& s, const Person& caller, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    end_other_sessions(tx, user, caller.session().id);
    raise_epoch(user, Way::device);
    tables::put_user(tx, user);
    audit(s, tx, origin, {"sessions_ended", user.id, "ok", "", "elsewhere"}, now);
    return {};
  });
}

}  // namespace authd::auth
