#include "auth/accounts/names/provider_logos.h"

#include <fstream>

#include "media/avatar.h"
#include "support/no_pictures.h"
#include "support/people.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::test;

// What a picture becomes is tested in unit/media and http/provider_mark_test.py.
TEST_CASE("only providers with a file have a logo") {
  Instance t;
  t.config.providers.resize(2);
  t.config.providers[0].name = "acme";
  const auto logos = auth::read_provider_logos(t.services);
  REQUIRE(logos);
  CHECK(logos->empty());
}

TEST_CASE("a logo that cannot be shown is an error that names its key and its file") {
  Instance t;
  const TempDir folder;
  const std::string file = folder.file("logo.png");
  t.config.providers.resize(2);
  t.config.providers[1].name = "acme";
  t.config.providers[1].logo_file = file;
  SECTION("because it is not there") {}
  SECTION("because it is too large") {
    std::ofstream(file) << std::string(media::kMaxFile + 1, 'x');
  }
  const auto logos = auth::read_provider_logos(t.services);
  REQUIRE_FALSE(logos);
  CHECK(logos.error().code == ErrorCode::invalid);
  CHECK(logos.error().field == "providers.acme.logo_file");
  CHECK(logos.error().message.find(file) != std::string::npos);
}

TEST_CASE("a machine that decodes no pictures starts without the logo, and the log names its key") {
  Instance t;
  const TempDir folder;
  const std::string file = folder.file("logo.png");
  std::ofstream(file) << "a picture";
  t.config.providers.resize(1);
  t.config.providers[0].name = "acme";
  t.config.providers[0].logo_file = file;
  NoPictures machine(t);
  const auto logos = auth::read_provider_logos(machine.services);
  REQUIRE(logos);
  CHECK(logos->empty());
  CHECK(machine.log.text().find("key=\"providers.acme.logo_file\"") != std::string::npos);
  // A file that cannot be read is wrong there, too.
  t.config.providers[0].logo_file = folder.file("nothing.png");
  CHECK_FALSE(auth::read_provider_logos(machine.services));
}
