// Devices without a browser, the device's part (RFC 8628 sections 3.1 to 3.5): it gets a code of
// its own and one to show, and asks again and again until a person has answered elsewhere
// (device_answer.h). The store has only the hash of the device's own code. A row per request is the
// only way, because a person types too little to carry one; so their number is limited, for public
// clients by address too, and each ends by itself.
//
// The code gives tokens once. If it comes again, the grant ends, as with an authorization code
// (code_exchange.h).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/tokens/issued_tokens.h"
#include "tables/schema.h"

namespace authd::auth {

// How long the person has to answer.
inline constexpr Milliseconds kDeviceCodeLife = std::chrono::minutes(10);
// How long the row stays after that: the device learns why it gets nothing, and a code that comes
// again is noticed.
inline constexpr Milliseconds kDeviceRowLife = 2 * kDeviceCodeLife;

// The time between two polls at first, and what is added for one that comes too early
// (section 3.5).
inline constexpr Milliseconds kPollStep = std::chrono::seconds(5);
// So that a device which does not care causes few writes.
inline constexpr Milliseconds kLongestPollInterval = std::chrono::minutes(1);
// A poll may be this much early: networks delay one request more than the next.
inline constexpr Milliseconds kPollSlack = std::chrono::seconds(1);

// New ones of one client within kDeviceCodeLife.
inline constexpr uint64_t kMaxDevicesOfClient = 1000;
// Those of a public client, whose id anybody knows, from one address (IPv6: a /64) and from one
// /48.
inline constexpr uint64_t kMaxDevicesOfAddress = 50;
inline constexpr uint64_t kMaxDevicesOfSite = 200;

struct DeviceAuthorization {
  std::string device_code;  // 32 random bytes as base64url
  std::string user_code;    // as people see it: "WDJB-MJHT"
  Seconds expires_in{};
  Seconds interval{};  // between two polls
};

// Errors: `malformed`, with the names of RFC 6749 section 5.2: "unauthorized_client",
// "invalid_scope", "invalid_target"; `rate_limited`.
Result<DeviceAuthorization> authorize_device(const Services& s, const Program& program,
                                             const Parameters& parameters, const Origin& origin);

// The tokens for the device's code. Errors: `malformed`, with the names of section 3.5:
// "authorization_pending", "slow_down", "access_denied", "expired_token"; "invalid_grant", with one
// text, whatever is wrong with the code; "unauthorized_client"; those of wishes_for().
Result<IssuedTokens> exchange_device_code(const Services& s, const Program& program,
                                          std::string_view device_code, const Narrowing& narrowing,
                                          const Origin& origin);

// Whether the person may still answer.
bool is_waiting(const tables::DeviceGrant& row, Time now);
// Whether this client asked, and not an earlier one of the same id.
bool is_of_client(const tables::DeviceGrant& row, const tables::Client& client);

// The device that shows this code and waits; nullopt if there is none. Should two show the same, it
// is none of them.
std::optional<tables::DeviceGrant> find_waiting_device(store::ReadTxn& tx,
                                                       std::string_view user_code, Time now);

}  // namespace authd::auth
