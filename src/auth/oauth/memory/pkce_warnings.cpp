#include "auth/oauth/memory/pkce_warnings.h"

namespace authd::auth {

bool PkceWarnings::is_first(std::string_view client) {
  const std::lock_guard lock(mutex_);
  return named_.size() < kMaxClients && named_.emplace(client).second;
}

}  // namespace authd::auth
