// The host that passkeys are created for (Web Authentication Level 3, section 4: the relying
// party), and the reason if they cannot be created.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/accounts/passkeys/passkey_ceremony.h"
#include "auth/core/services.h"
#include "base/result.h"
#include "config/config.h"
#include "tables/schema.h"

namespace authd::auth {

// Why no browser makes passkeys for this server, for people; empty: they do. Browsers know passkeys
// for host names alone (not for IP addresses), over https or on localhost (sections 5.1.2
// and 13.4).
std::string_view why_no_passkeys(const config::Config& config);

// passkeys.rp_id, with the origins of public_url and passkeys.origins. Error: `not_found`,
// "passkeys_unavailable", with why_no_passkeys().
Result<RelyingParty> relying_party(const config::Config& config);

// How many passkeys of the user are a whole login here, as far as the user's row tells: none where
// browsers make none.
uint64_t usable_passkeys(const config::Config& config, const tables::User& user);

// Error: `usage`, when passkeys.required_for keeps people out whom nothing could let in, because
// browsers make no passkeys here.
Result<void> check_required_passkeys(const config::Config& config);

// Records for which host this server makes passkeys. Where there are passkeys for another one,
// which would all stop working, this needs `may_change`. Error: `conflict` without it.
Result<void> record_rp_id(const Services& s, bool may_change);

}  // namespace authd::auth
