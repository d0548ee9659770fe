// Finds or creates the account of a person from another provider: the last step of federation.h.
#pragma once

#include "auth/core/limits/attempts.h"
#include "auth/core/services.h"
#include "auth/signin/id_token.h"
#include "auth/signin/login.h"

namespace authd::auth {

// Signs in to the account of the person, creating it if necessary, then with the invitation of this
// id (empty: none). Errors: as finish_federation().
Result<LoginOutcome> sign_in_person(const Services& s, const config::Provider& provider,
                                    const ProvidedPerson& person, std::string_view invitation,
                                    const Attempt& attempt, const Origin& origin);

// Links the person to the user of `journey`, whose session must still be alive.
Result<tables::Identity> link_person(const Services& s, const config::Provider& provider,
                                     const ProvidedPerson& person, const tables::Journey& journey,
                                     const Origin& origin);

}  // namespace authd::auth
