// A Result<void>, which has no value that would be missed: the likeliest one to be dropped.
// refused: ignoring returned value of type 'authd::Result<void>'
#include "base/result.h"

authd::Result<void> revoke_session();

authd::Result<void> log_out() {
#ifdef FIXED
  TRY(revoke_session());
#else
  revoke_session();
#endif
  return {};
}
