// Step-up: the caller proves their identity again (step_up.h says what requires this).
#pragma once

#include <optional>

#include "auth/accounts/factor_answer.h"
#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// Verifies the caller's password or second factor, so that an action that needs a fresh proof can
// continue (step_up.h).
Result<void> reauthenticate(const Services& s, const Person& caller, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin);

}  // namespace authd::auth
