#include "auth/accounts/factors/ways_in.h"

#include <algorithm>

#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/login_methods.h"

namespace authd::auth {
namespace {

// Why nobody can sign in by the method, for operators; empty: somebody can.
std::string why_unusable(const config::Config& config, LoginMethod method) {
  switch (method) {
    case LoginMethod::passkey: return std::string(why_no_passkeys(config));
    case LoginMethod::providers:
      return config.providers.empty() ? "There is no provider in the configuration." : "";
    case LoginMethod::password:
    case LoginMethod::email_link:
    case LoginMethod::email_code: return "";
  }
  __builtin_unreachable();
}

}  // namespace

Result<void> check_ways_in(const config::Config& config) {
  std::string reasons;
  for (const LoginMethod method : config.login.methods) {
    const std::string why = why_unusable(config, method);
    if (why.empty()) return check_required_passkeys(config);
    reasons += " " + why;
  }
  return Error{ErrorCode::usage, "nobody could sign in with what login.methods lists." + reasons +
                                     " Correct that, or add another method"};
}

}  // namespace authd::auth
