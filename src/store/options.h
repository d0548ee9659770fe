// Which store to open, and how (store/engine.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/stop.h"
#include "base/time.h"

namespace authd::store {

struct Options {
  std::string engine = "lmdb";       // store.engine: lmdb or postgresql
  std::string directory = {};        // must exist
  uint64_t max_bytes = 64ull << 30;  // store.max_size; at least 16 MiB
  // First bytes of the keys whose changes can be followed (Store::changed_since); empty: none.
  std::string followed = {};
  // Called with a sentence, in addition to a line in the log, when opening or a later write has to
  // wait several seconds for another process. May be empty.
  std::function<void(const std::string&)> tell = {};
  // Ends such a wait early.
  Stopping stopping = {};

  // Of the engine postgresql alone, which has a copy of everything in DIRECTORY/copy.
  std::string url = {};          // store.url, as libpq reads it; may hold a password
  std::string schema = "authd";  // store.schema: a name of [a-z0-9_], at most 63
  std::string node = {};         // cluster.node
  Milliseconds lease{1000};      // cluster.lease
  Milliseconds heartbeat{100};   // cluster.heartbeat
  bool is_server = false;        // appears in the list of nodes, and may lead
  // Called first on every thread that the store starts. May be empty.
  std::function<void()> begin_thread = {};
};

}  // namespace authd::store
