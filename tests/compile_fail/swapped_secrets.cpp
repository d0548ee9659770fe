// Two kinds of secrets in the wrong order.
// refused: invalid initialization of reference of type 'const authd::RefreshToken&'
#include "base/secret.h"

void reset_password(const authd::RefreshToken& token, const authd::Password& password);

void reset(const authd::RefreshToken& token, const authd::Password& password) {
#ifdef FIXED
  reset_password(token, password);
#else
  reset_password(password, token);
#endif
}
