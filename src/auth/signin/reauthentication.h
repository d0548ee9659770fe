// Step-up: the caller proves their identity again (step_up.h says what requires this).
#pragma once

#include <optional>

#include "auth/accounts/factors/factor_answer.h"
#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// Verifies the caller's password, or the second factor where the account has one, so that an action
// that needs a fresh proof can continue (step_up.h). With a second factor, a password is not
// needed, but a wrong one is refused. Errors: `forbidden`, "second_factor_required", when the
// account has a factor and there is no answer; "wrong_credentials"; `rate_limited`. Without a
// second factor a passkey does as well as the password, if it verifies the person.
Result<void> reauthenticate(const Services& s, const Person& caller, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin);

}  // namespace authd::auth
