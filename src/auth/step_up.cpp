#include "auth/step_up.h"

namespace authd::auth {

Result<void> require_fresh_proof(const Caller& caller, Time now) {
  if (caller.session().auth_time + kFreshProof > now) return {};
  return Error{ErrorCode::forbidden,
               "Confirm that it is you: log in again, or prove it at /api/v1/auth/reauthenticate.",
               {},
               "reauthentication_required"};
}

}  // namespace authd::auth
