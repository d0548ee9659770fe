// A secret as a field of a log line.
// refused: cannot convert '<brace-enclosed initializer list>' to 'authd::LogFields'
#include "base/log.h"
#include "base/secret.h"

void log_it(authd::Log& log, const authd::Password& password) {
#ifdef FIXED
  log.info("login failed", {{"password_empty", password.empty()}});
#else
  log.info("login failed", {{"password", password}});
#endif
}
