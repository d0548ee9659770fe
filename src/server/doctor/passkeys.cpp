// Passkeys: whether browsers make them here, on the pages of other domains too, and who cannot sign
// in without one.
#include <algorithm>
#include <set>

#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/mails.h"
#include "auth/core/ways.h"
#include "base/json.h"
#include "base/text.h"
#include "config/reading/values.h"
#include "server/doctor/checks.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::server::doctor {
namespace {

// So many different domains a browser reads (Web Authentication Level 3, section 5.11.1, asks for
// five at least).
constexpr size_t kMaxLabels = 5;
constexpr size_t kMaxShown = 5;

// Whether browsers take the page's word for it: its host is the one of the passkeys, or below it.
bool is_own(const std::string& origin, const std::string& rp_id) {
  const std::string host = config::host_of(origin);
  return host == rp_id || host.ends_with("." + rp_id);
}

// What browsers count: "example" of "https://app.example.net". Of a domain with two parts at its
// end ("example.co.uk") this is one too many in common, so nothing is reported that is right.
std::string label_of(const std::string& origin) {
  const std::string host = config::host_of(origin);
  const size_t last = host.rfind('.');
  const size_t before = last == host.npos || last == 0 ? host.npos : host.rfind('.', last - 1);
  return host.substr(before == host.npos ? 0 : before + 1);
}

std::vector<std::string> related_origins(const config::Config& config) {
  std::vector<std::string> origins;
  for (const std::string& origin : config.passkeys.origins) {
    if (!is_own(origin, config.passkeys.rp_id)) origins.push_back(origin);
  }
  return origins;
}

// The origins that the document names, or a finding. Browsers ask at port 443, and follow no http.
std::optional<std::vector<std::string>> fetch_origins(const Patient& patient, Report& report,
                                                      const std::string& url) {
  fetch::Request request;
  request.url = url;
  request.timeout = kPatience;
  const Result<fetch::Reply> reply = patient.fetch.send(request);
  constexpr const char* kAdvice =
      "the pages of passkeys.origins offer no passkeys until it does: let whatever serves that "
      "host pass /.well-known/webauthn on to authd, or serve the same document";
  if (!reply) {
    report.warn(url + " does not answer: " + reply.error().message, kAdvice);
    return std::nullopt;
  }
  const auto document =
      reply->status == 200 ? JsonObject::parse(reply->body) : Error{ErrorCode::invalid, "no 200"};
  auto origins = document ? document->optional_strings("origins")
                          : Result<std::optional<std::vector<std::string>>>(document.error());
  if (origins && *origins) return std::move(**origins);
  report.warn(
      url + " answers with status " + std::to_string(reply->status) + " and no list of origins",
      kAdvice);
  return std::nullopt;
}

void check_related(const Patient& patient, Report& report) {
  const config::Config& config = patient.config();
  const std::vector<std::string> wanted = related_origins(config);
  if (wanted.empty()) return;
  std::set<std::string> labels;
  for (const std::string& origin : wanted)
    labels.insert(label_of(origin));
  if (labels.size() > kMaxLabels) {
    report.warn("passkeys.origins has " + std::to_string(labels.size()) +
                    " domains outside of passkeys.rp_id, and browsers read five",
                "keep those that need it");
  }
  const std::string url = "https://" + config.passkeys.rp_id + "/.well-known/webauthn";
  const auto named = fetch_origins(patient, report, url);
  if (!named) return;
  for (const std::string& origin : wanted) {
    if (std::find(named->begin(), named->end(), origin) != named->end()) continue;
    report.warn(url + " does not name " + origin,
                "another server answers there, or one with another passkeys.origins");
  }
}

struct Count {
  uint64_t elsewhere = 0;               // passkeys that were made for another host
  std::vector<std::string> unknown;     // roles that do not exist
  std::vector<std::string> locked_out;  // people with such a role and without a passkey
  uint64_t more = 0;
};

void count_members(store::ReadTxn& tx, const std::string& name, Count& count) {
  const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
  if (!role) return count.unknown.push_back(name);
  tables::scan_members(tx, role->id, UserId{}, [&](const tables::User& user) {
    if (user.disabled || auth::passkeys_of(user) > 0) return true;
    if (count.locked_out.size() < kMaxShown) {
      count.locked_out.push_back(auth::account_name(user));
    } else {
      count.more += 1;
    }
    return true;
  });
}

Result<Count> count_all(const Patient& patient) {
  const config::Passkeys& settings = patient.config().passkeys;
  return patient.store->read([&](store::ReadTxn& tx) -> Result<Count> {
    Count count;
    for (const std::string& name : settings.required_for)
      count_members(tx, name, count);
    tables::passkeys.scan(tx, "", "", [&](std::string_view, const tables::Passkey& row) {
      if (row.rp_id == settings.rp_id) return true;
      const auto owner = tables::find_user(tx, row.user);
      count.elsewhere += owner && auth::is_current(*owner, row) ? 1 : 0;
      return true;
    });
    return count;
  });
}

void check_data_of_passkeys(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return;
  const Result<Count> count = count_all(patient);
  if (!count) return report.skip("the passkeys cannot be read: " + count.error().message);
  if (count->elsewhere > 0) {
    report.warn(std::to_string(count->elsewhere) +
                    " passkeys and security keys were made for another host than " +
                    patient.config().passkeys.rp_id + ", and no longer work",
                "people make new ones in their account; authd user enroll-link lets in whoever "
                "has no other way");
  }
  if (!count->unknown.empty()) {
    report.warn(
        "passkeys.required_for names roles that do not exist: " + joined(count->unknown, ", "),
        "correct the names, or authd role add");
  }
  if (!count->locked_out.empty()) {
    std::string who = joined(count->locked_out, ", ");
    if (count->more > 0) who += " and " + std::to_string(count->more) + " more";
    report.warn("passkeys.required_for keeps out people who have no passkey: " + who,
                "give each of them a link: authd user enroll-link USER");
  }
}

}  // namespace

void check_passkeys(const Patient& patient, Report& report) {
  const config::Config& config = patient.config();
  const std::string_view why = auth::why_no_passkeys(config);
  if (const Result<void> may = auth::check_required_passkeys(config); !may) {
    return report.fail(may.error().message,
                       "correct that, or empty passkeys.required_for: the server does not start");
  }
  if (!config.passkeys.enabled) return report.ok("passkeys.enabled is false");
  if (!why.empty()) {
    return report.warn(std::string(why),
                       "give the server a host name and https, or set passkeys.enabled to false");
  }
  report.ok("passkeys are made for " + config.passkeys.rp_id);
  check_related(patient, report);
  check_data_of_passkeys(patient, report);
}

}  // namespace authd::server::doctor
