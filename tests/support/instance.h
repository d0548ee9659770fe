// auth/ over any engine, with a manual clock and cheap password hashes.
#pragma once

#include <cstdlib>
#include <functional>

#include "auth/accounts/names/providers.h"
#include "auth/core/activity.h"
#include "auth/core/audit/audit.h"
#include "auth/core/limits/attempts.h"
#include "auth/oauth/memory/memory.h"
#include "auth/passwords/known_passwords.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/keyring.h"
#include "auth/signin/basic_login.h"
#include "config/config.h"
#include "support/manual_clock.h"
#include "support/memory_store.h"
#include "support/rerun_store.h"

namespace authd::test {

// What cannot fail here; base/check.h and Catch both have a CHECK.
inline void must(bool condition) {
  if (!condition) std::abort();
}

// The servers that authd asks, as defined by the test.
class RemoteServer final : public fetch::Client {
 public:
  Result<fetch::Reply> send(const fetch::Request& request) override;
  std::function<Result<fetch::Reply>(const fetch::Request&)> answer;
};

// Every write closure runs twice (RerunStore), to find side effects.
class Instance {
 public:
  Instance();
  // `fill` puts rows into the store before it is opened.
  explicit Instance(const config::Config& from,
                    const std::function<void(store::Store&)>& fill = {});
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  static config::Config default_config();

  config::Config config;
  ManualClock clock;
  SystemRandom random;
  MemoryStore memory;
  RerunStore store{memory};
  crypto::MasterKeys master_key{crypto::MasterKey(SecretKey(std::string(32, 'k')))};
  SecretKey server_key;
  crypto::Hasher hasher{{config.hashing.argon2_memory, 1}, 2, 16, random, clock};
  auth::KeyringCache keyring;
  auth::CredentialCache credentials;
  auth::InFlight in_flight;
  auth::VerifiedPasswords verified{random};
  auth::ActivityNotes activity;
  RemoteServer remote;
  auth::Providers providers{config, remote, clock, null_log()};
  auth::Counters counters;
  auth::KnownPasswords known{config, remote, clock, null_log(), counters};
  auth::OauthMemory oauth{config, remote, clock, null_log()};
  media::Converter images{null_log(), clock};
  auth::Services services{store,
                          config,
                          clock,
                          random,
                          hasher,
                          master_key,
                          server_key,
                          keyring,
                          credentials,
                          in_flight,
                          verified,
                          activity,
                          providers,
                          known,
                          oauth,
                          images,
                          counters,
                          null_log(),
                          auth::kServerWriter};
};

}  // namespace authd::test
