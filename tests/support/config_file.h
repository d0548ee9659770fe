// A configuration from the text of a file, or from variables alone.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "config/reading/load.h"

namespace authd::test {

inline Result<config::Loaded> load_file(const std::string& text,
                                        std::map<std::string, std::string> variables = {}) {
  const auto path =
      std::filesystem::temp_directory_path() / ("authd-test.toml." + std::to_string(getpid()));
  REQUIRE(write_file_atomic(path.string(), text, 0600));
  config::Sources sources;
  sources.file = path.string();
  sources.environment = std::move(variables);
  Result<config::Loaded> loaded = config::load(sources);
  std::filesystem::remove(path);
  return loaded;
}

inline Result<config::Loaded> load_environment(std::map<std::string, std::string> variables) {
  config::Sources sources;
  sources.default_file = "";
  sources.environment = std::move(variables);
  return config::load(sources);
}

}  // namespace authd::test
