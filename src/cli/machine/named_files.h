// The files and directories that the configuration names: whether they are there, can be read, and
// are what they should be. `authd config check` and `authd serve` look the same way.
#pragma once

#include <string>
#include <vector>

#include "config/reading/load.h"

namespace authd::cli {

struct NamedFiles {
  // The server does not start with one of these.
  std::vector<std::string> problems;
  // Of backups, and the token for the mail server, which another program writes. The server starts
  // all the same, because sign-ins matter more than a backup whose disk is not mounted yet; the log
  // says so.
  std::vector<std::string> later;
};
// Each as "backup.key_file (authd.toml:7): what is wrong". Without the master key.
NamedFiles open_named_files(const config::Loaded& loaded);

// The same for the master key, if the configuration names it and there is data; empty: nothing is
// wrong. A server that starts finds it by itself.
std::string named_master_key_problem(const config::Loaded& loaded);

}  // namespace authd::cli
