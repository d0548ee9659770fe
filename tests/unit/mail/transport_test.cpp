#include "mail/transport.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/file.h"
#include "mail/make_transport.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::mail;

namespace {

// Keeps the fields of the last line.
class LastLine final : public Log {
 public:
  void write(LogLevel level, std::string_view, LogFields fields) override {
    line = level == LogLevel::info ? "info" : "other";
    for (const LogField& field : fields)
      line += " " + std::string(field.key) + "=" + std::string(std::get<0>(field.value));
  }
  bool enabled(LogLevel) const override { return true; }
  void set_level(LogLevel) override {}

  std::string line;
};

Envelope envelope() {
  Envelope one;
  one.id = "0a0b";
  one.kind = tables::MailKind::magic_link;
  one.from = "authd@example.org";
  one.to = "ann@example.com";
  one.message = "Subject: x\r\n\r\nbody\r\n";
  one.action = "https://auth.example.org/magic-link?token=t";
  return one;
}

std::unique_ptr<Transport> transport_of(const config::MailSettings& settings, Log& log) {
  return make_transport(settings, log, [] { return false; });
}

mode_t mode_of(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 ? about.st_mode & 0777 : 0;
}

}  // namespace

TEST_CASE("the log shows what a mailbox would show") {
  LastLine log;
  const config::MailSettings settings;
  CHECK(transport_of(settings, log)->send(envelope()).outcome == Outcome::sent);
  CHECK(log.line ==
        "info id=0a0b kind=magic_link to=ann@example.com "
        "action=https://auth.example.org/magic-link?token=t");
}

TEST_CASE("a directory gets one private file per mail") {
  const test::TempDir place;
  LastLine log;
  config::MailSettings settings;
  settings.url.kind = config::MailUrl::Kind::file;
  settings.url.directory = place.file("mails");
  const auto transport = transport_of(settings, log);
  CHECK(transport->send(envelope()).outcome == Outcome::sent);
  CHECK(transport->send(envelope()).outcome == Outcome::sent);
  const std::string path = settings.url.directory + "/0a0b.eml";
  CHECK(mode_of(settings.url.directory) == 0700);
  CHECK(mode_of(path) == 0600);
  const Result<std::string> content = read_file(path, 1000);
  REQUIRE(content);
  CHECK(*content == envelope().message);
  CHECK(unlink(path.c_str()) == 0);
  CHECK(rmdir(settings.url.directory.c_str()) == 0);
  CHECK(rmdir(place.path().c_str()) == 0);
  const SendResult failed = transport->send(envelope());
  CHECK(failed.outcome == Outcome::later);
  CHECK(failed.reason.find(settings.url.directory) != std::string::npos);
}
