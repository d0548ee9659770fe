#include "config/reading/keys.h"

#include <catch2/catch.hpp>
#include <set>

#include "config/reading/load.h"
#include "config/reading/values.h"

using namespace authd;
using namespace authd::config;

namespace {

// The message of setting a key to a value that it must refuse.
std::string refusal(const std::string& name, const std::string& value) {
  Config config;
  const Key* key = find_key(name);
  REQUIRE(key != nullptr);
  const Result<void> done = key->set(config, {value});
  CAPTURE(name, value);
  REQUIRE_FALSE(done);
  return done.error().message;
}

bool accepts(const std::string& name, const std::string& value) {
  Config config;
  return find_key(name)->set(config, {value}).has_value();
}

}  // namespace

TEST_CASE("every key has a unique name, a help text and a default") {
  std::set<std::string> names;
  std::set<std::string> variables;
  for (const Key& key : all_keys()) {
    CAPTURE(key.name);
    CHECK(names.insert(key.name).second);
    CHECK(variables.insert(environment_name(key.name)).second);
    CHECK(key.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") ==
          std::string::npos);
    CHECK(std::count(key.name.begin(), key.name.end(), '.') == 1);
    CHECK(key.help.ends_with('.'));
    // Only paths and lists have an empty default.
    CHECK((!key.default_text.empty() || !key.default_note.empty() || key.is_list ||
           key.name.starts_with("server.tls_") || key.name.ends_with("_file")));
  }
}

TEST_CASE("every key writes its default in the form that it reads") {
  Sources none;
  none.default_file = "";
  const Config config = load(none).value().config;
  for (const Key& key : all_keys()) {
    CAPTURE(key.name);
    const std::string shown = key.show(config);
    Config again;
    REQUIRE(key.set(again, key.is_list ? split_list(shown) : std::vector{shown}));
    CHECK(key.show(again) == shown);
    if (!key.default_text.empty()) CHECK(shown == key.default_text);
  }
}

TEST_CASE("the forms of a name belong to the key") {
  CHECK(environment_name("server.listen") == "AUTHD_SERVER_LISTEN");
  CHECK(environment_name("passwords.argon2_memory") == "AUTHD_PASSWORDS_ARGON2_MEMORY");
  CHECK(flag_name("server.data_dir") == "--server.data-dir");
  CHECK(find_key("server.listen")->name == "server.listen");
  CHECK(find_key("server.listens") == nullptr);
  CHECK(find_key("") == nullptr);
}

TEST_CASE("a slip of the finger finds the key that was meant") {
  CHECK(nearest_key("server.max_bdy")->name == "server.max_body");
  CHECK(nearest_key("sever.listen")->name == "server.listen");
  CHECK(nearest_key("max_body")->name == "server.max_body");
  CHECK(nearest_key("log.levle")->name == "log.level");
  CHECK(nearest_variable("AUTHD_LOG_LEVLE")->name == "log.level");
  CHECK(nearest_variable("AUTHD_SERVER_LISTENS")->name == "server.listen");
}

TEST_CASE("text that resembles no key finds none") {
  CHECK(nearest_key("providers.google.client_id") == nullptr);
  CHECK(nearest_key("") == nullptr);
  CHECK(nearest_key(std::string(100'000, 'x')) == nullptr);
  CHECK(nearest_variable("AUTHD_SOMETHING_ELSE") == nullptr);
}

TEST_CASE("numbers, sizes and durations are held within their bounds") {
  struct Bounds {
    std::string key, low, high, below, above;
  };
  const std::vector<Bounds> all = {
      {"server.workers", "1", "1024", "0", "1025"},
      {"server.max_connections", "16", "1000000", "15", "1000001"},
      {"server.max_connections_per_address", "0", "1000000", "-1", "1000001"},
      {"server.max_body", "1KiB", "64MiB", "1023", "65MiB"},
      {"server.max_header", "1KiB", "1MiB", "1", "2MiB"},
      {"server.handshake_timeout", "100ms", "10m", "99ms", "11m"},
      {"server.header_timeout", "100ms", "10m", "0", "11m"},
      {"server.body_timeout", "100ms", "1h", "99ms", "61m"},
      {"server.idle_timeout", "100ms", "1h", "99ms", "61m"},
      {"server.write_timeout", "100ms", "1h", "99ms", "61m"},
      {"server.drain_timeout", "0", "1h", "-1s", "61m"},
      {"store.max_size", "16MiB", "16384GiB", "1MiB", "16385GiB"},
      {"cluster.lease", "200ms", "1m", "199ms", "61s"},
      {"cluster.heartbeat", "20ms", "10s", "19ms", "11s"},
      {"replica.lease", "1s", "1d", "999ms", "25h"},
      {"tokens.access_ttl", "10s", "24h", "9s", "25h"},
      {"tokens.refresh_ttl", "1m", "3650d", "59s", "3651d"},
      {"tokens.refresh_grace", "0", "10m", "-1s", "11m"},
      {"tokens.session_max_age", "1m", "3650d", "59s", "3651d"},
      {"tokens.idle_timeout", "0", "365d", "-1s", "366d"},
      {"mfa.remember", "0", "365d", "-1s", "366d"},
      {"retention.unverified", "0", "3650d", "-1s", "3651d"},
      {"retention.inactive", "0", "3650d", "-1s", "3651d"},
      {"retention.delete_after", "0", "3650d", "-1s", "3651d"},
      {"mail.timeout", "100ms", "10m", "99ms", "11m"},
      {"tokens.rotate_every", "0", "3650d", "-1s", "3651d"},
      {"provider.code_ttl", "10s", "10m", "9s", "11m"},
      {"backup.interval", "1m", "365d", "59s", "366d"},
      {"backup.keep", "1", "10000", "0", "10001"},
      {"audit.retention", "1d", "3650d", "23h", "3651d"},
      {"signup.username_retention", "0", "3650d", "-1s", "3651d"},
      {"passwords.min_length", "1", "256", "0", "257"},
      {"passwords.max_length", "8", "4096", "7", "4097"},
      {"passwords.min_score", "0", "4", "-1", "5"},
      {"passwords.argon2_memory", "64KiB", "1GiB", "63KiB", "2GiB"},
      {"passwords.argon2_passes", "1", "20", "0", "21"},
  };
  for (const Bounds& bounds : all) {
    CAPTURE(bounds.key);
    CHECK(accepts(bounds.key, bounds.low));
    CHECK(accepts(bounds.key, bounds.high));
    CHECK_FALSE(accepts(bounds.key, bounds.below));
    CHECK_FALSE(accepts(bounds.key, bounds.above));
  }
  size_t bounded = 0;
  for (const Key& key : all_keys())
    bounded += key.type == KeyType::number || key.type == KeyType::quantity ? 1 : 0;
  CHECK(bounded == all.size());  // A new key of this kind belongs into the list above.
  CHECK(refusal("server.max_body", "65MiB") == "must be between 1KiB and 64MiB");
  CHECK(refusal("tokens.access_ttl", "9s") == "must be between 10s and 1d");
  CHECK(refusal("server.workers", "0") == "must be between 1 and 1024");
}

TEST_CASE("a choice lists its words") {
  CHECK(refusal("tokens.algorithm", "none") == "must be one of ES256, EdDSA, RS256, HS256");
  CHECK(refusal("store.engine", "etcd") == "must be one of lmdb, postgresql");
}

TEST_CASE("plain text holds no control characters and has an end") {
  CHECK(refusal("server.data_dir", "a\nb") == "must be plain text of at most 4096 bytes");
  CHECK_FALSE(accepts("tokens.audience", std::string("a\0b", 3)));
  CHECK(accepts("server.data_dir", std::string(4096, 'x')));
  CHECK_FALSE(accepts("server.data_dir", std::string(4097, 'x')));
  CHECK(accepts("server.data_dir", "/srv/d\xc3\xa4ta"));
}

TEST_CASE("one bad item of a list refuses the list and changes nothing") {
  Config config;
  const Key* key = find_key("server.trusted_proxies");
  REQUIRE(key->set(config, {"10.0.0.0/8"}));
  CHECK_FALSE(key->set(config, {"192.0.2.0/24", "everyone"}));
  CHECK(key->show(config) == "10.0.0.0/8");
}
