// Identifies the caller, with any kind of credential: what the store knows about them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "tables/schema.h"

namespace authd::auth {

// The scope of tokens that people get by logging in: the token may act on its own account
// (/api/v1). A token without this scope (`authd token issue --scope …`) is for other services,
// which read its scope by introspection.
inline constexpr std::string_view kAccountScope = "account";

// The claims of a token (RFC 9068 section 2.2), after its signature, issuer and audience were
// verified.
struct Claims {
  UserId user;
  std::string session_id;  // raw
  std::string jti;
  std::string client_id;
  std::string scope;  // space-separated
  std::vector<std::string> roles;
  std::vector<std::string> amr;
  Time issued_at;
  Time expires_at;
  Time auth_time;
  uint64_t keyring_generation = 0;  // of the keys that verified it

  bool has_scope(std::string_view wanted) const;
};

// The kind of credential that identified the caller.
enum class Credential { token, cookie, api_key, password };

// What one committed state of the store says about a caller.
struct Standing {
  tables::User user;
  tables::Session session;
  std::shared_ptr<const Claims> claims;
  std::vector<std::string> roles;        // names, current
  std::vector<std::string> permissions;  // of those roles, without duplicates
};

// An authenticated caller. Copies share one immutable Standing.
class Caller {
 public:
  Caller(std::shared_ptr<const Standing> standing, Credential by)
      : standing_(std::move(standing)), credential_(by) {}

  const tables::User& user() const { return standing_->user; }
  const tables::Session& session() const { return standing_->session; }
  const std::shared_ptr<const Claims>& claims() const { return standing_->claims; }
  const std::vector<std::string>& roles() const { return standing_->roles; }
  const std::vector<std::string>& permissions() const { return standing_->permissions; }
  Credential credential() const { return credential_; }

  bool has_role(std::string_view name) const;

 private:
  std::shared_ptr<const Standing> standing_;
  Credential credential_;
};

// The same refusal for every token.
Error invalid_token();

// The same refusal for every cookie.
Error invalid_session();

}  // namespace authd::auth
