// Authentication by a password that comes with every request (HTTP Basic, RFC 7617), for
// /auth/verify. It creates no session: every request is checked again, with the limits of a login
// (attempts.h). Only the hash computation is skipped: for a few minutes, the server remembers that
// this password matched this stored hash. So a changed password, a disabled account or a block
// still takes effect with the next request.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Remembers correct passwords as MACs with a key that exists only in this process and is never
// stored. Thread-safe, bounded.
class VerifiedPasswords {
 public:
  static constexpr size_t kMax = 10'000;
  static constexpr Milliseconds kLife = std::chrono::minutes(5);

  explicit VerifiedPasswords(Random& random);

  // Covers the user's stored hash, the client's network and the password.
  std::string mark(const tables::User& user, const Origin& origin, const Password& password) const;
  bool has(const std::string& mark, SteadyTime now);
  void add(const std::string& mark, SteadyTime now);

 private:
  const SecretKey key_;
  std::mutex mutex_;
  std::unordered_map<std::string, SteadyTime> until_;
};

// The user with this password. Errors: those of log_in(), and `forbidden`, "mfa_required", for an
// account with a second factor, or those of step_required() (login_steps.h).
Result<PasswordHolder> authenticate_password(const Services& s, std::string_view login,
                                             const Password& password, const Origin& origin,
                                             Trace* trace = nullptr);

}  // namespace authd::auth
