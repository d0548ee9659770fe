// The class of a login (`acr`, OpenID Connect Core section 2): "mfa" after two different factors,
// otherwise "1fa".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/factor.h"
#include "auth/oauth/words.h"

namespace authd::auth {

inline std::string_view acr_of(const std::vector<std::string>& amr) {
  return has_second_factor(amr) ? kSeveralFactors : kOneFactor;
}

// Whether a login of the class `has` is as good as `wanted`. A class that this server does not know
// is never reached.
inline bool reaches(std::string_view has, std::string_view wanted) {
  return has == wanted || (has == kSeveralFactors && wanted == kOneFactor);
}

}  // namespace authd::auth
