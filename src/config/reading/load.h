// Reads the configuration from its sources. An unknown key, environment variable or flag is an
// error, and so is an invalid value. The error names the place ("authd.toml:12: server.max_bdy:
// …"). Every variable that begins with AUTHD_ is a key, except AUTHD_CONFIG, those of the build,
// and those that Kubernetes sets for a service of that name.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace authd::config {

// Everything outside the program that the configuration depends on, so that tests need no real
// environment.
struct Sources {
  std::string file;  // of --config; empty: $AUTHD_CONFIG, else kDefaultFile if it exists
  std::string default_file = "/etc/authd/authd.toml";
  std::map<std::string, std::string> environment;
  struct Flag {
    std::string key;  // "server.listen"
    std::string value;
    std::string flag;  // as written: "--listen"; "replica.of" for what the main server has said
  };
  std::vector<Flag> flags;   // of two with the same key, the later one counts
  bool is_terminal = false;  // standard error is a terminal
  unsigned cores = 1;
  std::string host_name;  // of this machine
};

// The value of one key and where it came from.
struct Origin {
  std::string key;
  std::string value;   // in the form that the key accepts
  std::string source;  // "default", "authd.toml:12", "AUTHD_SERVER_LISTEN", "--listen"
};

struct Loaded {
  Config config;
  std::vector<Origin> origins;  // in the order of the list of keys
  std::string file;             // the one that was read; empty: none
  std::vector<std::string> warnings;

  // True if no source gave the key a value.
  bool is_default(std::string_view key) const;
};

// Errors: `invalid` with all that is wrong, a line each, with the place and what would be valid
// (rules between keys are looked at when each key is valid); `not_found` if a file that was named
// does not exist.
Result<Loaded> load(const Sources& sources);
// For whoever only looks: what is valid, with defaults in the place of what is not. `problems` gets
// what is wrong. Error: a file that cannot be read at all.
Result<Loaded> load_valid(const Sources& sources, std::vector<std::string>& problems);
// The lines of such an error.
std::vector<std::string> problems_of(const Error& error);

// Where the value of the key came from, as in `origins`; empty for an unknown key.
std::string source_of(const Loaded& loaded, std::string_view key);

// An error about the value of the key that is its field, which others than load() found: with the
// key and its place, where that is not the default, before the message.
Error at_source(const Loaded& loaded, const Error& error);

// The variables of this process that concern authd.
std::map<std::string, std::string> read_environment();

// A variable of this process that is not ours but systemd's; empty if it is not set.
std::string environment_variable(const char* name);

// Keys that differ between two configurations and do not take effect without a restart.
std::vector<std::string> changed_until_restart(const Config& running, const Config& wanted);

}  // namespace authd::config
