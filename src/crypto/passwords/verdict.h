// The result of checking a password against a stored hash.
#pragma once

namespace authd::crypto {

enum class Verdict {
  match,
  mismatch,
  unsupported,  // no known form, or parameters beyond the limits (password_hash.h)
};

}  // namespace authd::crypto
