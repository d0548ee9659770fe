#include "auth/sessions/step_up.h"

#include "auth/core/factor.h"
#include "auth/core/lifetime.h"
#include "auth/core/ways.h"
#include "base/refusal.h"

namespace authd::auth {

Result<void> require_fresh_proof(const Person& caller, Time now) {
  const tables::Session& session = caller.session();
  const bool is_fresh = is_in_life(session.auth_time + kFreshProof, kFreshProof, now);
  const bool is_strong = !has_factor(caller.user()) || has_second_factor(session.amr);
  if (is_fresh && is_strong) return {};
  return refused(ErrorCode::forbidden, "reauthentication_required",
                 "Confirm your identity: log in again, or use /api/v1/auth/reauthenticate.");
}

}  // namespace authd::auth
