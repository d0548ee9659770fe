#include "auth/accounts/names/known_owner.h"

namespace authd::auth {

bool is_owner_known(const tables::User& user) {
  return user.email_verified && !user.mailbox_alone;
}

void note_owner(tables::User& user) {
  user.email_verified = true;
  user.mailbox_alone = false;
  user.is_claim = false;
}

}  // namespace authd::auth
