#include "auth/core/login_methods.h"

#include <algorithm>

#include "auth/core/factor.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::auth {
namespace {

// For people, as the object of "sign in with".
std::string_view means_of(LoginMethod method) {
  switch (method) {
    case LoginMethod::password: return "a password";
    case LoginMethod::passkey: return "a passkey";
    case LoginMethod::email_link: return "a link sent by email";
    case LoginMethod::email_code: return "a code sent by email";
    case LoginMethod::providers: return "another provider";
  }
  __builtin_unreachable();
}

}  // namespace

bool is_offered(const config::Config& config, LoginMethod method) {
  const auto& methods = config.login.methods;
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

Result<void> require_method(const config::Config& config, LoginMethod method) {
  if (is_offered(config, method)) return {};
  return refused(ErrorCode::forbidden, "method_disabled",
                 "This server does not sign people in with " + std::string(means_of(method)) +
                     "; it accepts: " + joined(config.login.methods, ", ", &means_of) + ".");
}

bool signs_in_by_mail(const config::Config& config) {
  return is_offered(config, LoginMethod::email_link) || is_offered(config, LoginMethod::email_code);
}

LoginMethod method_begun(const config::Config& config, const std::vector<std::string>& amr) {
  const std::string_view first = amr.empty() ? std::string_view() : std::string_view(amr.front());
  if (first == word_of(Factor::password)) return LoginMethod::password;
  if (first == word_of(Factor::provider)) return LoginMethod::providers;
  if (first != word_of(Factor::code)) return LoginMethod::passkey;
  return is_offered(config, LoginMethod::email_code) ? LoginMethod::email_code
                                                     : LoginMethod::email_link;
}

}  // namespace authd::auth
