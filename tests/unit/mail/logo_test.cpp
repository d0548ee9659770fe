#include "mail/logo.h"

#include <catch2/catch.hpp>

#include "base/file.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::mail;

namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n";

Result<Picture> read(const std::string& bytes) {
  const test::TempDir directory;
  config::Branding branding;
  branding.logo = directory.path() + "/logo";
  REQUIRE(write_file_atomic(branding.logo, bytes, 0644));
  return read_logo(branding);
}

}  // namespace

TEST_CASE("mails carry a PNG or a JPEG as it is") {
  for (const std::string& bytes : {kPng + "rest", std::string("\xff\xd8\xffrest")}) {
    const Result<Picture> logo = read(bytes);
    REQUIRE(logo);
    CHECK(logo->bytes == bytes);
    CHECK(logo->type == (bytes[0] == kPng[0] ? "image/png" : "image/jpeg"));
  }
}

TEST_CASE("mails carry no picture that many programs do not show, and no large one") {
  const std::string largest = kPng + std::string(kMaxLogo - kPng.size(), 'x');
  for (const std::string& bytes :
       {std::string("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        std::string("RIFF\1\1\1\1WEBPVP8 "), std::string("text"), largest + "x"}) {
    const Result<Picture> logo = read(bytes);
    REQUIRE(logo);
    CHECK(logo->bytes.empty());
  }
  CHECK(read(largest)->bytes == largest);
  CHECK(read_logo(config::Branding{})->bytes.empty());
}

TEST_CASE("a logo that cannot be read is an error that names the file") {
  config::Branding branding;
  branding.logo = "/nowhere/logo.png";
  const Result<Picture> logo = read_logo(branding);
  REQUIRE_FALSE(logo);
  CHECK(logo.error().message.find("/nowhere/logo.png") != std::string::npos);
  CHECK_FALSE(read(std::string(300 << 10, 'x')));
}
