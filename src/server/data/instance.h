// Everything that a process needs to work on a data directory: store, master key, password lane,
// and what auth/ keeps in memory. The server creates one, and so does every command.
#pragma once

#include <memory>
#include <string>

#include "auth/accounts/names/providers.h"
#include "auth/core/activity.h"
#include "auth/core/audit/audit.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/services.h"
#include "auth/oauth/memory/memory.h"
#include "auth/passwords/known_passwords.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/keyring.h"
#include "auth/signin/basic_login.h"
#include "base/log.h"
#include "config/config.h"
#include "server/data/opening.h"

namespace authd::server {

class Instance {
 public:
  // Opens the data directory, migrates it (after a snapshot, server/data/snapshot.h), and creates
  // what a new one needs. Errors: `unavailable`, with the file and what to do; `not_found` if there
  // is no database and none may be created.
  static Result<std::unique_ptr<Instance>> open(const config::Config& config, Log& log,
                                                const Clock& clock, Random& random,
                                                const Opening& opening = {});
  static Result<std::unique_ptr<Instance>> open(const config::Config& config, Log& log,
                                                const Clock& clock, Random& random, Making making) {
    return open(config, log, clock, random, Opening{.making = making});
  }

  const auth::Services& services() const { return services_; }
  // Thread-safe: how this process reaches other servers.
  fetch::Client& https() { return https_; }

 private:
  Instance(const config::Config& config, std::unique_ptr<store::Store> store,
           crypto::MasterKeys master_key, SecretKey server_key, Log& log, const Clock& clock,
           Random& random, std::string writer);

  const std::string writer_;
  std::unique_ptr<store::Store> store_;
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
