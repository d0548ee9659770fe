#include "server/replica/instance.h"

namespace authd::server {
namespace {

constexpr size_t kKeyBytes = 32;

}  // namespace

ReplicaInstance::ReplicaInstance(const config::Config& config, store::Replica& store, Log& log,
                                 const Clock& clock, Random& random)
    : master_key_(crypto::MasterKey(SecretKey(random.bytes(kKeyBytes)))),
      server_key_(random.bytes(kKeyBytes)),
      hasher_({config.hashing.argon2_memory, static_cast<uint32_t>(config.hashing.argon2_passes)},
              1, 0, random, clock),
      verified_(random),
      providers_(config, https_, clock, log),
      known_(config, https_, clock, log, counters_),
      oauth_(config, https_, clock, log),
      images_(log, clock),
      services_{store,    config,       clock,      random,    hasher_,   master_key_, server_key_,
                keyring_, credentials_, in_flight_, verified_, activity_, providers_,  known_,
                oauth_,   images_,      counters_,  log,       "",        true} {}

}  // namespace authd::server
