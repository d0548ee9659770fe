// Two kinds of ids in the wrong order: the role's number would be taken for a user's.
// refused: could not convert 'role' from 'Id<authd::RoleIdTag>' to 'Id<authd::UserIdTag>'
#include "base/ids.h"

void grant(authd::UserId user, authd::RoleId role);

void grant_role(authd::UserId user, authd::RoleId role) {
#ifdef FIXED
  grant(user, role);
#else
  grant(role, user);
#endif
}
