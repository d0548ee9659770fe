#include "api/endpoints/identity_headers.h"

#include <string>

#include "base/text.h"

namespace authd::api {

bool reads_as_identity(std::string_view name) {
  constexpr std::string_view kPrefix = "x-auth-";
  if (name.size() < kPrefix.size()) return false;
  for (size_t i = 0; i < kPrefix.size(); ++i) {
    const char read = lower(name[i]);
    const bool is_alphanumeric = (read >= 'a' && read <= 'z') || is_digit(read);
    if ((is_alphanumeric ? read : '-') != kPrefix[i]) return false;
  }
  return true;
}

Result<void> refuse_forged_identity(const http::Request& request) {
  const auto forged = request.find_name(reads_as_identity);
  if (!forged) return {};
  const std::string name(forged->substr(0, 64));
  return Error{ErrorCode::forbidden,
               "The header " + name + " is not allowed: only this server sets X-Auth-*.", name,
               "forged_identity"};
}

}  // namespace authd::api
