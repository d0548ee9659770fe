#include "auth/sessions/step_up.h"

#include "auth/core/lifetime.h"

#include "base/refusal.h"

namespace authd::auth {

Result<void> require_fresh_proof(const Person& caller, Time now) {
  if (is_in_life(caller.session().auth_time + kFreshProof, kFreshProof, now)) return {};
  return refused(ErrorCode::forbidden, "reauthentication_required",
                 "Confirm your identity: log in again, or use /api/v1/auth/reauthenticate.");
}

}  // namespace authd::auth
