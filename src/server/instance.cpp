#include "server/instance.h"

#include <algorithm>
#include <thread>

#include "auth/bootstrap.h"
#include "store/directory.h"
#include "store/lmdb/engine.h"

namespace authd::server {
namespace {

// Callers that may wait for the password lane. The slow lane of the front has its own bound before
// this one; here it is for whoever else hashes.
constexpr unsigned kMaxHashQueue = 256;

unsigned core_count() {
  return std::max(std::thread::hardware_concurrency(), 1u);
}

}  // namespace

Instance::Instance(const config::Config& config, std::unique_ptr<store::Store> store,
                   crypto::MasterKey master_key, SecretKey server_key, Log& log, const Clock& clock,
                   Random& random)
    : store_(std::move(store)),
      master_key_(std::move(master_key)),
      server_key_(std::move(server_key)),
      hasher_(
          {config.passwords.argon2_memory, static_cast<uint32_t>(config.passwords.argon2_passes)},
          core_count(), kMaxHashQueue, random, clock),
      providers_(config, https_, clock, log),
      services_{*store_,  config,  clock,      random,    hasher_,    master_key_, server_key_,
                keyring_, claims_, in_flight_, activity_, providers_, counters_,   log} {}

Result<std::unique_ptr<Instance>> Instance::open(const config::Config& config, Log& log,
                                                 const Clock& clock, Random& random) {
  const std::string& directory = config.server.data_dir;
  TRY(store::prepare_directory(directory, log));
  std::unique_ptr<store::Store> store =
      TRY(store::open_lmdb({directory, config.store.max_size}, log));
  store::adopt_owner(directory + "/data.mdb");
  store::adopt_owner(directory + "/lock.mdb");
  const std::string& key_file = config.secrets.master_key_file;
  crypto::MasterKey master_key = TRY(crypto::MasterKey::load_or_create(key_file, random));
  store::adopt_owner(key_file);
  SecretKey server_key = TRY(auth::open_server_key(*store, master_key, clock, random));
  std::unique_ptr<Instance> instance(new Instance(config, std::move(store), std::move(master_key),
                                                  std::move(server_key), log, clock, random));
  TRY(auth::prepare_store(instance->services()));
  return instance;
}

}  // namespace authd::server
