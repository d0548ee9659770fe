#include "auth/passwords/password_check.h"

#include "auth/passwords/password_policy.h"
#include "base/refusal.h"

namespace authd::auth {

Error wrong_credentials() {
  // The same error for an unknown login and a wrong password, so that logins cannot be probed.
  return refused(ErrorCode::unauthenticated, "invalid_credentials",
                 "The login or the password is wrong.");
}

Result<bool> verify_password(const Services& s, const std::optional<tables::User>& user,
                             const Password& password) {
  if (!user || user->password_hash.empty()) {
    TRY(s.hasher.verify_nothing(password));
    return false;
  }
  const crypto::Verdict verdict = TRY(s.hasher.verify(password, user->password_hash));
  if (verdict == crypto::Verdict::unsupported) {
    s.log.error("password hash in an unknown format", {{"user_id", user->id.value}});
  }
  return verdict == crypto::Verdict::match;
}

Error password_unchanged(std::string_view field) {
  return weak_password(PasswordRule::same_as_old, field);
}

Result<void> check_is_other_password(const Services& s, const tables::User& user,
                                     const Password& password, std::string_view field) {
  if (user.password_hash.empty()) return {};
  if (TRY(verify_password(s, user, password))) return password_unchanged(field);
  return {};
}

}  // namespace authd::auth
