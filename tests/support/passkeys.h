// Accounts with passkeys of the software authenticator.
#pragma once

#include "auth/accounts/passkeys/new_passkey.h"
#include "config/config.h"
#include "support/instance.h"
#include "support/software_authenticator.h"

namespace authd::test {

// At https://example.org, where the software authenticator is at home.
inline config::Config passkey_config() {
  config::Config config = Instance::default_config();
  config.public_url = "https://example.org";
  config.passkeys.rp_id = "example.org";
  return config;
}

inline const CredentialKey& passkey_key() {
  static const CredentialKey made(crypto::Algorithm::es256);
  return made;
}

// 16 bytes and more, another for each number.
inline std::string passkey_id(int number) {
  return "credential " + std::to_string(1000 + number) + " ";
}

// A passkey that is a whole login, or else a security key.
inline auth::RegistrationResponse made_passkey(std::string_view challenge, int number,
                                               bool is_discoverable = true) {
  RegistrationParts parts(passkey_key());
  parts.client.challenge = challenge;
  parts.data.id = passkey_id(number);
  auth::RegistrationResponse made = parts.response();
  made.is_discoverable = is_discoverable;
  return made;
}

}  // namespace authd::test
