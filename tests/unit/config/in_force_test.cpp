#include "config/reading/in_force.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/file.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::config;

namespace {

class Place {
 public:
  Loaded load(std::string_view text, std::map<std::string, std::string> environment = {}) const {
    REQUIRE(write_file_atomic(file_, text, 0600));
    Sources sources;
    sources.file = file_;
    sources.environment = std::move(environment);
    auto loaded = config::load(sources);
    REQUIRE(loaded);
    return std::move(*loaded);
  }
  const std::string& file() const { return file_; }

 private:
  test::TempDir temporary_;
  std::string file_ = temporary_.file("authd.toml");
};

Setting find(const InForce& used, std::string_view key) {
  for (const Setting& setting : used.settings()) {
    if (setting.key == key) return setting;
  }
  FAIL("no setting " << key);
  return {};
}

}  // namespace

TEST_CASE("each setting has its value, where it comes from, and what it would be without") {
  const Place place;
  const InForce used(place.load("[passwords]\nmin_length = 12\n[log]\nlevel = \"info\"\n",
                                {{"AUTHD_BRANDING_NAME", "Fjord"}}));
  CHECK(used.file() == place.file());
  const Setting length = find(used, "passwords.min_length");
  CHECK(length.value == "12");
  CHECK(length.source == place.file() + ":2");
  CHECK(length.default_text == "8");
  CHECK(length.is_changed);
  CHECK_FALSE(length.help.empty());
  CHECK(find(used, "branding.name").source == "AUTHD_BRANDING_NAME");
  // Given, but with the value of the default.
  const Setting level = find(used, "log.level");
  CHECK(level.source == place.file() + ":4");
  CHECK(level.is_changed == (level.value != level.default_text));
  CHECK_FALSE(find(used, "passwords.max_length").is_changed);
  CHECK(find(used, "passwords.max_length").source == "default");
}

TEST_CASE("the settings of a table with a name are there, and its secret is masked") {
  const Place place;
  const InForce used(place.load(
      "[providers.example]\nissuer = \"https://id.example\"\nclient_id = \"me\"\n"
      "client_secret = \"hush-hush\"\n[server]\npublic_url = \"https://auth.example\"\n"));
  CHECK(find(used, "providers.example.issuer").value == "https://id.example");
  const Setting secret = find(used, "providers.example.client_secret");
  CHECK(secret.value == "***");
  CHECK(secret.is_changed);
  CHECK_FALSE(secret.help.empty());
}

TEST_CASE("a reload changes what can change, and nothing else") {
  const Place place;
  InForce used(place.load("[passwords]\nmin_length = 12\n"));
  used.reload(place.load("[passwords]\nmin_length = 20\n[log]\nlevel = \"debug\"\n"));
  const Setting length = find(used, "passwords.min_length");
  CHECK(length.value == (length.is_reloadable ? "20" : "12"));
  const Setting level = find(used, "log.level");
  REQUIRE(level.is_reloadable);
  CHECK(level.value == "debug");
  CHECK(level.source == place.file() + ":4");
  // Taken back, it is the default again.
  used.reload(place.load(""));
  CHECK(find(used, "log.level").source == "default");
}
