#include "auth/passwords/new_password.h"

#include "auth/passwords/known_passwords.h"
#include "base/normal_form.h"

namespace authd::auth {

Result<void> check_new_password(const Services& s, const Password& password,
                                const PasswordOwner& owner, std::string_view field) {
  TRY(check_password(s.config, password, owner, field));
  if (has_own_rules(s.config, owner.client)) return {};
  if (TRY(s.known.is_listed(Password(normal_form(password.reveal()))))) {
    return weak_password(PasswordRule::listed, field);
  }
  if (s.config.passwords.pwned == config::PwnedCheck::off) return {};
  // Without an answer, the password passes: nobody must be locked out because another server is.
  if (s.known.leaks().look(sha1_of(password)) == Leak::found) {
    return weak_password(PasswordRule::pwned, field);
  }
  return {};
}

}  // namespace authd::auth
