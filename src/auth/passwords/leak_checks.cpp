#include "auth/passwords/leak_checks.h"

#include "auth/core/audit/audit.h"
#include "auth/passwords/known_passwords.h"
#include "tables/users.h"

namespace authd::auth {

void note_password_used(const Services& s, const tables::User& user, const Password& password) {
  if (s.config.passwords.pwned != config::PwnedCheck::login) return;
  if (user.password_leaked_at != Time{}) return;  // The person has been told.
  if (!s.known.queue().push({user.id, user.password_changed_at, sha1_of(password)})) {
    count(s.counters.leaks_skipped);
  }
}

Result<void> settle(const Services& s, const LeakCheck& check) {
  if (s.known.leaks().look(check.sha1) != Leak::found) return {};
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, check.user);
    if (!user || user->password_hash.empty() || user->password_leaked_at != Time{} ||
        user->password_changed_at != check.password_changed_at) {
      return {};
    }
    user->password_leaked_at = now;
    tables::put_user(tx, *user);
    audit(s, tx, Origin{}, {"password_leaked", user->id}, now);
    return {};
  });
}

}  // namespace authd::auth
