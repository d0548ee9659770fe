// The FAPI 2.0 Security Profile (final, section 5.3.2): a client whose member `profile` is "fapi2"
// is held to it. What it demands beyond what holds for every client is decided here.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "tables/schema.h"

namespace authd::auth {

// The longest life of a code (section 5.3.2.1 item 11).
inline constexpr Milliseconds kFapiCodeLife = std::chrono::seconds(60);

// Authorization requests only by RFC 9126.
bool needs_pushed_request(const tables::Client& client);

// The request says where its answer goes, also if there is one address (section 5.3.2.2).
bool must_name_redirect_uri(const tables::Client& client);

// Access tokens only for a key that the client proves.
bool needs_dpop(const tables::Client& client);

// RSASSA-PKCS1-v1_5 in what it signs (section 5.4.1 item 1).
bool may_use_rs256(const tables::Client& client);

// A confidential client with bound tokens gains nothing by a new refresh token, and loses its grant
// when an answer gets lost (section 5.3.2.1 item 10).
bool rotates_refresh_tokens(const tables::Client& client);

Milliseconds code_life(const config::Config& config, const tables::Client& client);

// Whether the members fit the profile, if it is that of the client. Error: `invalid`, with the
// member as its field and what to do about it.
Result<void> check_profile(const tables::Client& client);

}  // namespace authd::auth
