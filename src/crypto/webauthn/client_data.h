// What the browser signed together with the authenticator: client data (Web Authentication Level 3,
// section 5.8.1; the rules of sections 7.1 and 7.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::crypto {

inline constexpr size_t kMaxClientDataBytes = 4 * 1024;

enum class Ceremony { registration, assertion };

struct ClientData {
  Ceremony ceremony = Ceremony::assertion;
  std::string challenge;  // the raw bytes
  std::string origin;
};

// Strict: JSON in valid UTF-8 without a byte order mark, each name once; `type`, `challenge` and
// `origin` are text, `crossOrigin` is a boolean if present. Unknown members are allowed (section
// 5.8.1 says that there will be more). Refusals besides malformed_client_data: `wrong_ceremony`
// when `type` is neither of the two; `framed` when `crossOrigin` is true or `topOrigin` is present,
// because no page of authd is meant to be in a frame; `token_binding` when `tokenBinding` (of Level
// 2) says that the connection has one.
Checked<ClientData> parse_client_data(std::string_view json);

// The same, for this ceremony and with exactly one of these origins ("https://id.example.org", with
// the port unless it is the default): the browser allows other ports of the same host (section
// 13.4.9).
Checked<ClientData> check_client_data(std::string_view json, Ceremony ceremony,
                                      const std::vector<std::string>& origins);

}  // namespace authd::crypto
