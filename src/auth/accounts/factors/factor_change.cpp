#include "auth/accounts/factors/factor_change.h"

#include "auth/sessions/sessions.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {

void note_factor_change(const Services& s, store::WriteTxn& tx, tables::User& user,
                        std::string_view keep_session, const std::optional<tables::Mail>& notice,
                        const Origin& origin, const AuditEvent& event, Time now) {
  end_other_sessions(tx, user, keep_session);
  user.updated_at = now;
  tables::put_user(tx, user);
  if (notice) tables::insert_mail(tx, *notice);
  audit(s, tx, origin, event, now);
}

}  // namespace authd::auth
