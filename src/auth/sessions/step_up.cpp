#include "auth/sessions/step_up.h"

#include "auth/core/lifetime.h"

namespace authd::auth {

Result<void> require_fresh_proof(const Caller& caller, Time now) {
  if (is_in_life(caller.session().auth_time + kFreshProof, kFreshProof, now)) return {};
  return Error{ErrorCode::forbidden,
               "Confirm that it is you: log in again, or prove it at /api/v1/auth/reauthenticate.",
               {},
               "reauthentication_required"};
}

}  // namespace authd::auth
