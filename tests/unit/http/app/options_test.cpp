// The configuration reaches the front completely: SIGHUP can replace exactly what the policy holds.
#include "http/app/options.h"

#include <catch2/catch.hpp>

#include "config/reading/keys.h"
#include "config/reading/values.h"

using namespace authd;
using namespace authd::http;

namespace {

// One of these is valid for a key of any type.
constexpr const char* kValues[] = {"true",
                                   "false",
                                   "17",
                                   "3",
                                   "7m",
                                   "7s",
                                   "23m",
                                   "3d",
                                   "7/2m",
                                   "17KiB",
                                   "17MiB",
                                   "forwarded",
                                   "postgresql",
                                   "postgresql://a.example/authd",
                                   "EdDSA",
                                   "required",
                                   "optional",
                                   "codes",
                                   "refused",
                                   "debug",
                                   "text",
                                   "off",
                                   "signup",
                                   "password",
                                   "de",
                                   "nist",
                                   "ours",
                                   "oauthapp",
                                   "open",
                                   "10.9.0.0/16",
                                   "127.0.0.1:9",
                                   "a.example",
                                   "http://a.example:9",
                                   "https://a.example",
                                   "A https://a.example",
                                   "a@a.example",
                                   "file:/tmp",
                                   "/tmp/x",
                                   "#123456"};

// A value other than the key's own.
std::string set_otherwise(const config::Key& key, config::Config& config) {
  const std::string before = key.show(config);
  for (const char* text : kValues) {
    config::Config changed = config;
    if (key.set(changed, key.is_list ? config::split_list(text) : std::vector<std::string>{text}) &&
        key.show(changed) != before) {
      config = changed;
      return text;
    }
  }
  return "";
}

}  // namespace

TEST_CASE("what takes effect on SIGHUP is what the policy holds, and nothing else") {
  const config::Config before = config::defaults();
  for (const config::Key& key : config::all_keys()) {
    // Not of http/; one value.
    if (key.name == "log.level" || key.name == "branding.texts_dir") continue;
    config::Config after = before;
    CAPTURE(key.name, set_otherwise(key, after));
    REQUIRE(key.show(after) != key.show(before));
    CHECK((Policy::of(after) != Policy::of(before)) == key.is_reloadable);
  }
}

TEST_CASE("a front goes by the configuration that it was given") {
  config::Config config = config::defaults();
  config.server.max_body = 3 << 20;
  config.server.workers = 17;
  config.ingress.allowed_hosts = {"a.example"};
  config.public_url = "https://a.example";
  const FrontOptions options(config);
  CHECK(options.server.max_body == 3 << 20);
  CHECK(options.server.workers == 17);
  CHECK(options.policy == Policy::of(config));
  CHECK(options.public_url == "https://a.example");
  CHECK(options.max_partial() == 64 << 20);
  config.server.max_body = 64 << 20;
  CHECK(FrontOptions(config).max_partial() == 16 * (config.server.max_body + (16 << 10)));
}
