// The answer to a login that waits for steps of the person (login_steps.h).
#pragma once

#include "auth/core/services.h"
#include "auth/signin/first_factor.h"
#include "auth/signin/login_steps.h"

namespace authd::auth {

// Accepts steps, and starts the session if none is left. Otherwise what is accepted stays so, and
// the outcome is a challenge for the rest. A challenge works once, within kChallengeLife, and after
// a refused answer again. A new password ends all other sessions and mails the owner.
// Errors: `unauthenticated`, "invalid_step_token", also when the account's sessions were ended
// since; `invalid`, as prepare_steps(); `forbidden`, "account_disabled" or "email_not_verified";
// `rate_limited`; `conflict`, "account_changed"; as link_identity().
Result<LoginOutcome> answer_steps(const Services& s, const OneTimeSecret& token,
                                  const StepAnswers& given, const Origin& origin);

}  // namespace authd::auth
