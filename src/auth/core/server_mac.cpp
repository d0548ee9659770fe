#include "auth/core/server_mac.h"

#include "crypto/digest.h"

namespace authd::auth {

std::string server_mac(const Services& s, std::string_view purpose, std::string_view data) {
  return crypto::hmac_sha256(crypto::hmac_sha256(s.server_key.reveal(), purpose), data);
}

}  // namespace authd::auth
