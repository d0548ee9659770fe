#include "mail/make_transport.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "mail/smtp.h"
#include "tables/mail_queue.h"

namespace authd::mail {
namespace {

// For development: the log contains what a person would find in their mailbox. This is the only
// place where a token is logged.
class LogTransport final : public Transport {
 public:
  explicit LogTransport(Log& log) : log_(log) {}

  SendResult send(const Envelope& envelope) override {
    log_.info("mail", {{"id", envelope.id},
                       {"kind", tables::mail_kind_name(envelope.kind)},
                       {"to", envelope.to},
                       {"action", envelope.action}});
    return {Outcome::sent, "written to the log"};
  }

 private:
  Log& log_;
};

// One file per mail, named after its id, so a second delivery replaces the first.
class FileTransport final : public Transport {
 public:
  explicit FileTransport(std::string directory) : directory_(std::move(directory)) {}

  SendResult send(const Envelope& envelope) override {
    if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      return {Outcome::later, "cannot create " + directory_ + ": " + system_message(error)};
    }
    const std::string path = directory_ + "/" + envelope.id + ".eml";
    if (const Result<void> done = write_file_atomic(path, envelope.message, 0600); !done) {
      return {Outcome::later, done.error().message};
    }
    return {Outcome::sent, "written to " + path};
  }

 private:
  std::string directory_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(const config::MailSettings& settings, Log& log,
                                          std::function<bool()> is_ending) {
  using Kind = config::MailUrl::Kind;
  switch (settings.url.kind) {
    case Kind::log: return std::make_unique<LogTransport>(log);
    case Kind::file: return std::make_unique<FileTransport>(settings.url.directory);
    case Kind::smtp:
    case Kind::smtps: return make_smtp_transport(settings, std::move(is_ending));
  }
  __builtin_unreachable();
}

}  // namespace authd::mail
