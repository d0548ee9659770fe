// Everything that a replica needs to answer: its copy, and what auth/ keeps in memory. There is no
// master key, and the key for MACs is one that nothing was ever made with.
#pragma once

#include <memory>

#include "auth/accounts/names/providers.h"
#include "auth/core/activity.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/services.h"
#include "auth/oauth/memory/memory.h"
#include "auth/passwords/known_passwords.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/keyring.h"
#include "auth/signin/basic_login.h"
#include "base/log.h"
#include "config/config.h"
#include "store/replica/replica.h"

namespace authd::server {

class ReplicaInstance {
 public:
  // All references outlive it.
  ReplicaInstance(const config::Config& config, store::Replica& store, Log& log, const Clock& clock,
                  Random& random);

  const auth::Services& services() const { return services_; }

 private:
  crypto::MasterKeys master_key_;
  SecretKey server_key_;
  crypto::Hasher hasher_;
  auth::KeyringCache keyring_;
  auth::CredentialCache credentials_;
  auth::InFlight in_flight_;
  auth::VerifiedPasswords verified_;
  auth::ActivityNotes activity_;
  fetch::HttpsClient https_;
  auth::Providers providers_;
  auth::Counters counters_;
  auth::KnownPasswords known_;
  auth::OauthMemory oauth_;
  media::Converter images_;
  auth::Services services_;
};

}  // namespace authd::server
