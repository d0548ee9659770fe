// Everything that a process needs to work on a data directory: store, master key, password lane and
// what auth/ keeps in memory. The server and every command make one.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "auth/access_token.h"
#include "auth/activity.h"
#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/basic_login.h"
#include "auth/credential_cache.h"
#include "auth/keyring.h"
#include "auth/providers.h"
#include "auth/services.h"
#include "base/log.h"
#include "base/stop.h"
#include "config/config.h"
#include "tables/migrations.h"

namespace authd::server {

// Whether what is missing is made: directory, database, keys. Who only looks or changes what is
// there makes nothing, so that a slip in a path does not become an empty database.
enum class Making { allowed, refused };

struct Opening {
  Making making = Making::allowed;
  // What is asked during the snapshot before an upgrade, and while the store waits for another
  // process; as long as the instance lives.
  Stopping stopping = {};
  // Told, as a sentence, that the store waits for another process.
  std::function<void(const std::string&)> tell = {};
  std::span<const tables::Migration> migrations = tables::released_migrations();
  // The chain of the audit log that this process adds to (auth/audit.h).
  std::string_view writer = auth::kCommandWriter;
};

class Instance {
 public:
  // Opens the data directory, migrates it (server/upgrade.h: after a snapshot), and makes what a
  // new one needs. Errors: `unavailable`, with the file and what to do; `not_found` when there is
  // no database and none may be made.
  static Result<std::unique_ptr<Instance>> open(const config::Config& config, Log& log,
                                                const Clock& clock, Random& random,
                                                const Opening& opening = {});
  static Result<std::unique_ptr<Instance>> open(const config::Config& config, Log& log,
                                                const Clock& clock, Random& random, Making making) {
    return open(config, log, clock, random, Opening{.making = making});
  }

  const auth::Services& services() const { return services_; }

 private:
  Instance(const config::Config& config, std::unique_ptr<store::Store> store,
           crypto::MasterKeys master_key, SecretKey server_key, Log& log, const Clock& clock,
           Random& random, std::string_view writer);

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
  media::Converter images_;
  auth::Counters counters_;
  auth::Services services_;
};

}  // namespace authd::server
