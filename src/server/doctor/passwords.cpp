// The passwords that are refused because they are known: the operator's list, and the server that
// is asked for those of breaches.
#include "auth/passwords/leak_lookup.h"
#include "crypto/lists/password_list.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

void check_list(Report& report, const std::string& file) {
  const auto list = crypto::PasswordList::open(file);
  const Result<void> checked = list ? list->check() : Result<void>(list.error());
  if (!checked) {
    return report.fail(
        "passwords.blocklist_file: " + checked.error().message,
        "the server does not start with it: authd password-list build makes it again");
  }
  report.ok(file + " is intact: " + std::to_string(list->passwords()) + " passwords");
}

// Asks for a password that every such server knows.
void check_server(const Patient& patient, Report& report) {
  const std::string& url = patient.config().passwords.pwned_url;
  const Result<bool> known =
      auth::ask_for_leak(patient.config(), patient.fetch, auth::sha1_of(Password("password")));
  if (!known) {
    return report.fail(
        "passwords of known breaches cannot be looked up at " + url + ": " + known.error().message,
        "check passwords.pwned_url and fetch.proxy; until then every password passes");
  }
  if (!*known) {
    return report.warn(url + " does not know \"password\", so its list is not complete",
                       "check whether passwords.pwned_url is a whole copy of Pwned Passwords");
  }
  report.ok(url + " answers");
}

}  // namespace

void check_passwords(const Patient& patient, Report& report) {
  const config::Passwords& rules = patient.config().passwords;
  const bool asks = rules.pwned != config::PwnedCheck::off;
  if (!rules.blocklist_file.empty()) check_list(report, rules.blocklist_file);
  if (asks) check_server(patient, report);
  if (rules.blocklist_file.empty() && !asks) report.ok("no list is named, and no server is asked");
}

}  // namespace authd::server::doctor
