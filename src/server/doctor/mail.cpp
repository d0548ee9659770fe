// The mail server: connects, checks its certificate and logs in, and sends a mail only if asked to;
// and mail that is stuck in the outbox.
#include "mail/make_transport.h"
#include "mail/transport.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mail/delivery.h"
#include "mail/logo.h"
#include "mail/smtp.h"
#include "server/doctor/checks.h"
#include "tables/mail_queue.h"

namespace authd::server::doctor {
namespace {

using namespace std::chrono_literals;
using config::MailUrl;

constexpr size_t kIdBytes = 16;

// The advice for a word in the error; the first match counts.
constexpr std::array kAdvice = {
    std::pair{"Login denied", "check user and password in mail.url (percent-encoded)"},
    std::pair{"; it answered: 53", "check user and password in mail.url (percent-encoded)"},
    std::pair{"ertificate",
              "use the name that the certificate is for, or name its authority in "
              "mail.ca_file"},
    std::pair{"resolve host", "check the host in mail.url, and this machine's name servers"},
    std::pair{"STARTTLS", "the server offers no TLS there: use smtps:// or port 587"},
    std::pair{"SSL", "the server offers no TLS there: use smtps:// or port 587"},
    std::pair{"onnect", "check host and port in mail.url, and the firewall in between"},
};

const char* advice_for(const std::string& reason) {
  for (const auto& [word, advice] : kAdvice) {
    if (reason.find(word) != std::string::npos) return advice;
  }
  return "check mail.url, and the log of the mail server";
}

void greet(const Patient& patient, Report& report) {
  config::MailSettings settings = patient.config().mail;
  settings.timeout = std::min(settings.timeout, kPatience);
  const mail::SendResult result = mail::greet_smtp(settings);
  if (result.outcome == mail::Outcome::sent) {
    report.ok("the mail server lets authd send: " + result.reason);
  } else {
    report.fail("no mail can be sent: " + result.reason, advice_for(result.reason));
  }
}

void send_one(const Patient& patient, Report& report) {
  tables::Mail mail;
  mail.id = patient.random.bytes(kIdBytes);
  mail.kind = tables::MailKind::test;
  mail.to = patient.mail_to;
  mail.created_at = patient.clock.now();
  mail.due_at = mail.created_at;
  config::Config config = patient.config();
  config.mail.timeout = std::min(config.mail.timeout, 2 * kPatience);
  const Result<mail::Picture> logo = mail::read_logo(config.branding);
  if (!logo) return report.fail(logo.error().message, "see branding.logo_file");
  const Result<mail::Envelope> envelope = mail::compose(mail, {}, config, web::mail_texts(), *logo);
  if (!envelope) return report.fail(envelope.error().message, "check --mail and mail.from");
  const auto transport = mail::make_transport(config.mail, patient.log, [] { return false; });
  const mail::SendResult result = transport->send(*envelope);
  if (result.outcome == mail::Outcome::sent) {
    report.ok("a mail to " + patient.mail_to + " was accepted: " + result.reason);
  } else {
    report.fail("a mail to " + patient.mail_to + " was not accepted: " + result.reason,
                advice_for(result.reason));
  }
}

void check_outbox(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return;
  const Result<tables::OutboxSize> size = tables::outbox_size(*patient.store);
  if (!size) return;
  if (size->dead > 0) {
    report.warn(std::to_string(size->dead) + " mails were given up",
                "authd mail list --dead says why; then authd mail retry or purge");
  }
  const Time now = patient.clock.now();
  if (size->oldest && *size->oldest + 1h < now) {
    report.warn(std::to_string(size->waiting) + " mails wait, the oldest for " +
                    in_words(now - *size->oldest),
                "authd mail list shows the last error of each");
  }
}

}  // namespace

void check_mail(const Patient& patient, Report& report) {
  const config::MailSettings& settings = patient.config().mail;
  switch (settings.url.kind) {
    case MailUrl::Kind::log: report.skip("mail goes to the log (mail.url)"); break;
    case MailUrl::Kind::file:
      if (access(settings.url.directory.c_str(), W_OK | X_OK) == 0) {
        report.ok("mail goes to the directory " + settings.url.directory);
      } else {
        report.fail("mail cannot be written to " + settings.url.directory,
                    "create the directory, for the user that runs the server");
      }
      break;
    case MailUrl::Kind::smtp:
    case MailUrl::Kind::smtps: greet(patient, report); break;
  }
  if (!patient.mail_to.empty()) send_one(patient, report);
  check_outbox(patient, report);
}

}  // namespace authd::server::doctor
