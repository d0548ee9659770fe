#include "server/data/instance.h"

#include <algorithm>
#include <thread>

#include "auth/core/audit/audit.h"
#include "auth/sessions/bootstrap.h"
#include "base/text.h"
#include "server/data/snapshot.h"
#include "server/data/store_options.h"
#include "store/directory.h"
#include "store/engine.h"
#include "tables/schema.h"

namespace authd::server {
namespace {

// How many callers may wait for the password lane. Requests are already limited by the front's slow
// lane; this limits all other callers.
constexpr unsigned kMaxHashQueue = 256;

unsigned core_count() {
  return std::max(std::thread::hardware_concurrency(), 1u);
}

Error no_database(const config::Config& config) {
  if (is_shared(config)) {
    return Error{ErrorCode::not_found,
                 "there is no data of authd in the schema " + config.store.schema +
                     " of PostgreSQL: check store.url and store.schema (authd serve creates new "
                     "data, authd db move brings that of one host)"};
  }
  return Error{ErrorCode::not_found,
               "there is no database in " + config.server.data_dir +
                   ": name the server's directory with --data-dir (authd serve creates a new one)"};
}

// The chain of the audit log that this process appends to (auth/core/audit/audit.h). No two hosts
// write the same one.
std::string writer_of(const config::Config& config, const Opening& opening) {
  std::string name(opening.serves ? auth::kServerWriter : auth::kCommandWriter);
  if (is_shared(config)) name += "/" + config.cluster.node;
  return name;
}

// Whether the store has anything that is sealed with a master key.
Result<bool> has_secrets(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<bool> {
    bool has_any = false;
    const auto find = [&](std::string_view, const auto&) {
      has_any = true;
      return false;
    };
    tables::server_secrets.scan(tx, "", "", find);
    tables::signing_keys.scan(tx, "", "", find);
    return has_any;
  });
}

// A new key is created for new data only. Beside data that another key sealed, it would be useless
// and look like the real one.
Result<crypto::MasterKeys> open_master_key(const config::Config& config, bool is_new,
                                           Random& random) {
  const std::string& file = config.secrets.master_key_file;
  Result<crypto::MasterKeys> key =
      is_new ? crypto::MasterKeys::load_or_create(file, random) : crypto::MasterKeys::load(file);
  if (key) return key;
  // Whatever is wrong with the key, the data cannot be used: one exit code for all of it.
  if (is_new || key.error().code != ErrorCode::not_found) {
    return Error{ErrorCode::unavailable, key.error().message};
  }
  return Error{ErrorCode::unavailable,
               "the master key " + file + " is missing, and the data is sealed with it: " +
                   (is_shared(config) ? "copy the file from another host of the cluster"
                                      : "restore the file from a backup") +
                   ", or name where it is in secrets.master_key_file"};
}

// The key that the data has for MACs. `master_key` is read again if it does not open the data:
// another process may have just rotated it.
Result<SecretKey> open_with_master_key(store::Store& store, const config::Config& config,
                                       crypto::MasterKeys& master_key, const Clock& clock,
                                       Random& random, const Opening& opening) {
  Result<SecretKey> key =
      auth::open_server_key(store, master_key, clock, random, opening.migrations);
  if (key) return key;
  Result<crypto::MasterKeys> again = crypto::MasterKeys::load(config.secrets.master_key_file);
  if (!again || again->ids() == master_key.ids()) return key;
  master_key = std::move(*again);
  return auth::open_server_key(store, master_key, clock, random, opening.migrations);
}

}  // namespace

Instance::Instance(const config::Config& config, std::unique_ptr<store::Store> store,
                   crypto::MasterKeys master_key, SecretKey server_key, Log& log,
                   const Clock& clock, Random& random, std::string writer)
    : writer_(std::move(writer)),
      store_(std::move(store)),
      master_key_(std::move(master_key)),
      server_key_(std::move(server_key)),
      hasher_({config.hashing.argon2_memory, static_cast<uint32_t>(config.hashing.argon2_passes)},
              core_count(), kMaxHashQueue, random, clock),
      verified_(random),
      https_({config.fetch.proxy, joined(config.fetch.no_proxy, ","), config.fetch.ca_file}),
      providers_(config, https_, clock, log),
      known_(config, https_, clock, log, counters_),
      oauth_(config, https_, clock, log),
      images_(log, clock),
      services_{*store_,  config,       clock,      random,    hasher_,   master_key_, server_key_,
                keyring_, credentials_, in_flight_, verified_, activity_, providers_,  known_,
                oauth_,   images_,      counters_,  log,       writer_} {}

Result<std::unique_ptr<Instance>> Instance::open(const config::Config& config, Log& log,
                                                 const Clock& clock, Random& random,
                                                 const Opening& opening) {
  const Making making = opening.making;
  store::Options options = store_options(config);
  if (making == Making::refused && !store::has_database(options)) return no_database(config);
  TRY(store::prepare_directory(options.directory, log));
  options.tell = opening.tell;
  options.stopping = opening.stopping;
  options.is_server = opening.serves;
  options.begin_thread = opening.begin_thread;
  std::unique_ptr<store::Store> store = TRY(store::open(options, log));
  const std::string& key_file = config.secrets.master_key_file;
  const bool is_new = !TRY(has_secrets(*store));
  if (making == Making::refused && is_new) return no_database(config);
  crypto::MasterKeys master_key = TRY(open_master_key(config, is_new, random));
  store::adopt_owner(key_file);
  if (!is_new) {
    TRY(prepare_upgrade({config, *store, log, clock, random, opening}));
  }
  SecretKey server_key =
      TRY(open_with_master_key(*store, config, master_key, clock, random, opening));
  std::unique_ptr<Instance> instance(new Instance(config, std::move(store), std::move(master_key),
                                                  std::move(server_key), log, clock, random,
                                                  writer_of(config, opening)));
  TRY(auth::prepare_store(instance->services()));
  return instance;
}

}  // namespace authd::server
