#include "support/instance.h"

#include "auth/sessions/bootstrap.h"
#include "config/reading/load.h"

namespace authd::test {

Result<fetch::Reply> RemoteServer::send(const fetch::Request& request) {
  if (answer) return answer(request);
  return Error{ErrorCode::unavailable, "there is no network in this test"};
}

Instance::Instance() : Instance(default_config()) {}

Instance::Instance(const config::Config& from, const std::function<void(store::Store&)>& fill)
    : config(from) {
  if (fill) fill(memory);
  Result<SecretKey> key = auth::open_server_key(store, master_key, clock, random);
  must(key.has_value());
  server_key = std::move(*key);
  must(auth::prepare_store(services).has_value());
}

Instance::~Instance() = default;

config::Config Instance::default_config() {
  config::Sources sources;
  sources.default_file.clear();
  sources.flags = {{"passwords.argon2_memory", "64KiB", "test"},
                   {"passwords.argon2_passes", "1", "test"}};
  Result<config::Loaded> loaded = config::load(sources);
  must(loaded.has_value());
  return loaded->config;
}

}  // namespace authd::test
