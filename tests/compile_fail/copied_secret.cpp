// A secret copied by an innocent-looking line: the copy would live on unseen.
// refused: use of deleted function 'authd::Secret<Tag>::Secret(const authd::Secret<Tag>&)
#include <utility>

#include "base/secret.h"

authd::Password keep(authd::Password& password) {
#ifdef FIXED
  authd::Password kept = std::move(password);
#else
  authd::Password kept = password;
#endif
  return kept;
}
