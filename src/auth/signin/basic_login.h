// A password that comes with every request (HTTP Basic, RFC 7617), for /auth/verify. It makes no
// session: every request is looked at anew, with the limits of a login (attempts.h). Only the slow
// work is spared: that this password matches this stored hash is remembered for a few minutes, so
// a changed password, a disabled account and a block count with the next request as ever.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Marks of passwords that were found right, under a key that only this process has and never
// writes. Thread-safe, bounded.
class VerifiedPasswords {
 public:
  static constexpr size_t kMax = 10'000;
  static constexpr Milliseconds kLife = std::chrono::minutes(5);

  explicit VerifiedPasswords(Random& random);

  // Of the user's stored hash, the network that asks and the password, all three.
  std::string mark(const tables::User& user, const Origin& origin, const Password& password) const;
  bool has(const std::string& mark, SteadyTime now);
  void add(const std::string& mark, SteadyTime now);

 private:
  const SecretKey key_;
  std::mutex mutex_;
  std::unordered_map<std::string, SteadyTime> until_;
};

// Whoever has the password. Errors as those of
// log_in(), and `forbidden`, "mfa_required", for an account with a second factor.
Result<PasswordHolder> authenticate_password(const Services& s, std::string_view login,
                                             const Password& password, const Origin& origin,
                                             Trace* trace = nullptr);

}  // namespace authd::auth
