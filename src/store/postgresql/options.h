// What the files of this folder take from the options of engine.h.
#pragma once

#include "store/options.h"
#include "store/postgresql/connection.h"

namespace authd::store {

inline PostgresqlOptions server_of(const Options& options) {
  return {options.url, options.schema, "authd " + options.node};
}

// Of the copy.
inline std::string copy_directory(const Options& options) {
  return options.directory + "/copy";
}

}  // namespace authd::store
