// Moving the data between the engines: every record of one committed state, as it is. The source
// does not change. What arrived is read back and compared before the move counts.
#pragma once

#include <functional>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "config/config.h"

namespace authd::server {

struct MovePlan {
  // Where the data goes: its engine, with `url` and the schema of the configuration, or
  // `directory`, which is created unless it exists.
  config::StoreEngine to = config::StoreEngine::one_host;
  std::string url = {};
  std::string directory = {};
  std::function<void(uint64_t done, uint64_t all)> progress = {};  // twice: there, and read back
};

struct MoveReport {
  uint64_t records = 0;
  std::string digest;  // of all keys and values, in hexadecimal
};

// Errors: `conflict` if a server runs on the source, the target has data, or the source changed
// meanwhile; `not_found` if the source has no data; `unavailable`; `invalid` if the target holds
// something else than what was written, in which case it is not to be used.
Result<MoveReport> move_data(const config::Config& config, Log& log, const MovePlan& plan);

}  // namespace authd::server
