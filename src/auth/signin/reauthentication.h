// Step-up: the caller proves again who they are (step_up.h says what asks for it).
#pragma once

#include <optional>

#include "auth/accounts/factor_answer.h"
#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// Proves again who the caller is, by password or second factor, so that what needs a fresh proof
// can go on (step_up.h).
Result<void> reauthenticate(const Services& s, const Person& caller, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin);

}  // namespace authd::auth
