// Carries out a plan, one transaction for each thing, so that nothing is ever half done. A run that
// was killed can be repeated: what was done needs no change. Two runs at the same time meet in the
// transactions, which read again.
#pragma once

#include <string_view>

#include "auth/core/services.h"
#include "auth/upkeep/state/plan.h"
#include "base/function_ref.h"

namespace authd::auth::state {

// Called after each step that changes something; `secret` is that of a client, if the server made
// one: it is shown only this once.
using Told = FunctionRef<void(const Step& step, std::string_view secret)>;

// Error: that of the step at which it stopped, with the thing in the message, and how many steps
// were done before.
Result<void> apply_plan(const Services& s, const Declarations& declared, const Plan& plan,
                        const Origin& origin, Told told);

}  // namespace authd::auth::state
