// The class of a login (`acr`, OpenID Connect Core section 2): "phr" with a passkey, "mfa" after
// two different factors, otherwise "1fa". "phrh" is never said: it needs attestation.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/factor.h"
#include "auth/oauth/protocol/words.h"

namespace authd::auth {

inline std::string_view acr_of(const std::vector<std::string>& amr) {
  if (is_passkey_login(amr)) return kPhishingResistant;
  return has_second_factor(amr) ? kSeveralFactors : kOneFactor;
}

// Whether a login of the class `has` is as good as `wanted`. A class that this server does not know
// is never reached.
inline bool reaches(std::string_view has, std::string_view wanted) {
  const auto at = std::find(kAcrs.begin(), kAcrs.end(), has);
  return at != kAcrs.end() && std::find(kAcrs.begin(), at + 1, wanted) != at + 1;
}

}  // namespace authd::auth
