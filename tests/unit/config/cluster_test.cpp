// Several hosts on one PostgreSQL: what the configuration says, and how its keys fit together.
#include <catch2/catch.hpp>

#include "base/file.h"
#include "config/reading/load.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::config;
using namespace std::chrono_literals;

namespace {

using Environment = std::map<std::string, std::string>;

Sources from_environment(Environment environment) {
  Sources sources;
  sources.default_file = "";
  sources.environment = std::move(environment);
  return sources;
}

// Of a machine that is named.
Sources on_host(Environment environment) {
  Sources sources = from_environment(std::move(environment));
  sources.host_name = "auth1.example.org";
  return sources;
}

std::string refusal(const Sources& sources) {
  const Result<Loaded> loaded = load(sources);
  REQUIRE_FALSE(loaded);
  return loaded.error().message;
}

Origin origin_of(const Loaded& loaded, std::string_view key) {
  for (const Origin& origin : loaded.origins) {
    if (origin.key == key) return origin;
  }
  FAIL("no origin");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("several hosts: where PostgreSQL is, and which node this is") {
  const Loaded loaded = load(on_host({{"AUTHD_STORE_ENGINE", "postgresql"},
                                      {"AUTHD_STORE_URL", "postgresql://ann:secret@db/authd"}}))
                            .value();
  CHECK(loaded.config.store.engine == StoreEngine::postgresql);
  CHECK(loaded.config.store.url == "postgresql://ann:secret@db/authd");
  CHECK(loaded.config.store.schema == "authd");
  CHECK(loaded.config.cluster.node == "auth1.example.org");
  CHECK(loaded.config.cluster.lease == 1s);
  CHECK(loaded.config.cluster.heartbeat == 100ms);
  CHECK(loaded.warnings.empty());
  CHECK(origin_of(loaded, "store.url").value == "postgresql://ann:***@db/authd");
  for (const char* variable : {"PGHOST", "PGHOSTADDR", "PGSERVICE"}) {
    CHECK(load(on_host({{"AUTHD_STORE_ENGINE", "postgresql"}, {variable, "db"}})));
  }
  CHECK(refusal(on_host({{"AUTHD_STORE_ENGINE", "postgresql"}})) ==
        "store.engine (AUTHD_STORE_ENGINE) does not say where PostgreSQL is: set store.url "
        "(postgresql://user@host/database), or libpq's variable PGHOST or PGSERVICE");
  CHECK(contains(refusal(from_environment({{"AUTHD_STORE_ENGINE", "postgresql"}, {"PGHOST", "d"}})),
                 "cluster.node (default): the name of this host, \"\", cannot be"));
}

TEST_CASE("a heartbeat comes at least three times within a lease") {
  CHECK(load(on_host({{"AUTHD_CLUSTER_LEASE", "300ms"}})));
  CHECK(refusal(on_host({{"AUTHD_CLUSTER_LEASE", "299ms"}})) ==
        "cluster.heartbeat (default) must be at most a third of cluster.lease "
        "(AUTHD_CLUSTER_LEASE)");
}

TEST_CASE("keys of several hosts are warned of on one") {
  const auto warnings =
      load(on_host({{"AUTHD_STORE_URL", "postgresql://db/authd"}, {"AUTHD_CLUSTER_NODE", "a"}}))
          .value()
          .warnings;
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] ==
        "store.url (AUTHD_STORE_URL) is for several hosts, and is not used: store.engine (default) "
        "is lmdb");
  CHECK(contains(warnings[1], "cluster.node"));
}

TEST_CASE("a password of PostgreSQL does not come on a command line") {
  Sources sources = on_host({});
  sources.flags.push_back({"store.url", "postgresql://ann:secret@db/authd", "--store.url"});
  const std::string message = refusal(sources);
  CHECK(contains(message, "store.url (--store.url) has a password"));
  CHECK_FALSE(contains(message, "secret"));
  sources.flags[0].value = "postgresql://ann@db/authd";
  CHECK(load(sources));
}

TEST_CASE("the address of PostgreSQL may be a credential of systemd") {
  const test::TempDir place;
  REQUIRE(
      write_file_atomic(place.path() + "/store.url", "postgresql://ann:secret@db/authd\n", 0600));
  const Loaded loaded =
      load(on_host({{"AUTHD_STORE_ENGINE", "postgresql"}, {"CREDENTIALS_DIRECTORY", place.path()}}))
          .value();
  CHECK(loaded.config.store.url == "postgresql://ann:secret@db/authd");
  CHECK(origin_of(loaded, "store.url").source == place.path() + "/store.url");
}
