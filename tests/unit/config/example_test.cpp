#include "config/reading/example.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "config/reading/keys.h"
#include "config/reading/load.h"

using namespace authd;

namespace {

// Loads a file as the program does, in an environment without anything else.
Result<config::Loaded> loaded(const std::string& text) {
  const std::string path = "example_test.toml";
  std::ofstream(path) << text;
  config::Sources sources;
  sources.file = path;
  Result<config::Loaded> result = config::load(sources);
  std::remove(path.c_str());
  return result;
}

// The file with every key that has a default, without the tables with names, which have none.
std::string uncommented() {
  std::string text = config::example_file({});
  text.erase(text.find("\n# A provider"));
  std::string all;
  while (!text.empty()) {
    const size_t end = text.find('\n') + 1;
    std::string line = text.substr(0, end);
    text.erase(0, end);
    if (line.starts_with("#") && !line.starts_with("# ")) line.erase(0, 1);
    all += line;
  }
  return all;
}

}  // namespace

TEST_CASE("the unedited example changes nothing") {
  const Result<config::Loaded> result = loaded(config::example_file({}));
  REQUIRE(result);
  for (const config::Origin& origin : result->origins) {
    INFO(origin.key);
    CHECK(origin.source == "default");
  }
}

TEST_CASE("the example names every key at its default") {
  std::string text = uncommented();
  for (const config::Key& key : config::all_keys()) {
    // A default that follows from other settings has no value to write.
    if (!key.default_note.empty() && key.default_text.empty()) {
      const std::string name = key.name.substr(key.name.find('.') + 1);
      const size_t at = text.find("\n" + name + " = \"\"\n");
      INFO(key.name);
      REQUIRE(at != std::string::npos);
      text.erase(at, name.size() + 6);
    }
  }
  const Result<config::Loaded> result = loaded(text);
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  const Result<config::Loaded> defaults = loaded("");
  REQUIRE(defaults);
  REQUIRE(result->origins.size() == config::all_keys().size());
  for (size_t i = 0; i < result->origins.size(); ++i) {
    const config::Origin& origin = result->origins[i];
    const config::Key& key = config::all_keys()[i];
    INFO(origin.key);
    CHECK(origin.value == defaults->origins[i].value);
    const bool is_computed = !key.default_note.empty() && key.default_text.empty();
    CHECK((origin.source == "default") == is_computed);
  }
}

TEST_CASE("keys with a value are written out") {
  const Result<config::Loaded> result = loaded(config::example_file(
      {{"server.data_dir", "/var/lib/authd"}, {"server.listen", "127.0.0.1:1,unix:/a\"b"}}));
  REQUIRE(result);
  CHECK(result->config.server.data_dir == "/var/lib/authd");
  REQUIRE(result->config.server.listen.size() == 2);
  CHECK(result->config.server.listen[1].path == "/a\"b");
}
