// What a request at the token endpoint presents, before any work is done for it. Anybody who knows
// the id of a public client can send such requests, and verifying the signature of a proof (dpop.h)
// costs more than all the rest. So it is verified only for what this server has issued.
#pragma once

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/protocol/parameters.h"

namespace authd::auth {

enum class Presented {
  nothing,  // that a public client could get tokens for: a parameter is missing, or the grant type
            // is not for it
  unknown,  // a code or a refresh token that is not one of ours, or of another client
  known,    // whether it is still good is decided where it is redeemed
};
Result<Presented> look_at_grant(const Services& s, const Program& program, const Parameters& form);

}  // namespace authd::auth
