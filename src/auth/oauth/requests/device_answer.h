// Devices without a browser, the person's part (RFC 8628 section 3.3): they type the code that the
// device shows, see what asks and from where, and allow or deny it. None of that is remembered: an
// attacker who gets people to type a code (section 5.4) must get them to allow it each time.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/requests/authorization.h"
#include "tables/schema.h"

namespace authd::auth {

// A device that waits for an answer.
struct WaitingDevice {
  tables::DeviceGrant row;
  AuthorizationRequest request;  // what it asks for; without an address to return to
  CarriedRequest carried;        // only since when it waits
};

// The device that shows the code which the person has typed. Wrong codes are counted for the
// account and for the address. Errors: `not_found`, "unknown_user_code", whether there never was
// such a code, it has ended, or somebody has answered; `rate_limited`.
Result<WaitingDevice> find_device(const Services& s, const Person& person, std::string_view typed,
                                  const Origin& origin);

// Whether the person may be asked, and may allow it, now and from this address. Errors:
// `forbidden`: "login_required", to be told by signing in again; "passkey_missing",
// "factor_missing"; "access_denied", with the reason "roles" or "network".
Result<void> check_may_allow(const Services& s, const WaitingDevice& device, const Person& person,
                             const IpAddress& address);

// The answer. One that is allowed makes the grant, which waits for the device. Errors: those of
// check_may_allow() if it is allowed; "unknown_user_code"; `unauthenticated`; `conflict`,
// "client_changed".
Result<void> answer_device(const Services& s, const WaitingDevice& device, const Person& person,
                           Answer answer, const Origin& origin);

}  // namespace authd::auth
